package dev.kappa.samples.sequencealerts;

import dev.kappa.events.Reading;
import dev.kappa.results.SequenceMatch;
import dev.kappa.results.WindowedKey;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.kit.History;
import dev.kappa.topologies.kit.ViewSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;

/** What sequence-alerts does for its default conditions, by plain loops. */
public final class SequenceAlertsSpec implements ViewSpec {

    @Override
    public ViewDefinition definition() {
        return new SequenceAlerts();
    }

    @Override
    public Map<String, String> parameters() {
        return Map.of("within", "PT20S", "window", "PT1M", "grace", "PT20S");
    }

    @Override
    public Duration open() {
        return Duration.ofSeconds(80);
    }

    @Override
    public Sent event(int key, int dice, Instant at) {
        double value = dice % 3 == 0 ? 95 : dice % 3 == 1 ? 5 : 50;
        return Sent.of(SequenceAlerts.READINGS, new Reading("sensor-" + key, value, null, at));
    }

    @Override
    public Map<Object, Object> expected(History history, Map<String, String> parameters) {
        long within = Duration.parse(parameters.getOrDefault("within", "PT10M")).toMillis();
        long window = Duration.parse(parameters.getOrDefault("window", "PT1H")).toMillis();
        long grace = Duration.parse(parameters.getOrDefault("grace", "PT10M")).toMillis();
        Map<String, NavigableMap<Long, List<History.Arrived<Reading>>>> seen = new HashMap<>();
        var expected = new HashMap<Object, Object>();
        for (History.Arrived<Reading> now : history.arrived(SequenceAlerts.READINGS)) {
            if (now.isTooLateFor(now.at() + within + grace)) {
                continue;
            }
            NavigableMap<Long, List<History.Arrived<Reading>>> before =
                    seen.computeIfAbsent(now.key(), _ -> new TreeMap<>());
            before.subMap(now.at() - within, true, now.at() + within, true)
                    .values()
                    .forEach(others -> others.forEach(other -> {
                        pair(now, other, now, within, window, grace, expected);
                        pair(other, now, now, within, window, grace, expected);
                    }));
            before.computeIfAbsent(now.at(), _ -> new ArrayList<>()).add(now);
        }
        return expected;
    }

    /** Counts the pair, if it is one, unless what completes it comes too late for the pair's window. */
    private static void pair(
            History.Arrived<Reading> a,
            History.Arrived<Reading> b,
            History.Arrived<Reading> completing,
            long within,
            long window,
            long grace,
            Map<Object, Object> expected) {
        boolean isPair = Objects.requireNonNull(a.value()).getValue() > 90
                && Objects.requireNonNull(b.value()).getValue() < 10
                && b.at() > a.at()
                && b.at() - a.at() <= within;
        long start = b.at() / window * window;
        if (!isPair || completing.isTooLateFor(start + window + grace)) {
            return;
        }
        var key = new WindowedKey(b.key(), Instant.ofEpochMilli(start), Instant.ofEpochMilli(start + window));
        SequenceMatch sum = (SequenceMatch) expected.get(key);
        long first = sum == null ? a.at() : Math.min(a.at(), sum.getFirstA().toEpochMilli());
        long last = sum == null ? b.at() : Math.max(b.at(), sum.getLastB().toEpochMilli());
        expected.put(
                key,
                new SequenceMatch(
                        sum == null ? 1 : sum.getCount() + 1, Instant.ofEpochMilli(first), Instant.ofEpochMilli(last)));
    }
}
