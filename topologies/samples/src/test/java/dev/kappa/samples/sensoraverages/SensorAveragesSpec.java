package dev.kappa.samples.sensoraverages;

import dev.kappa.events.Reading;
import dev.kappa.results.SensorAverage;
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
import java.util.Objects;

/** What sensor-averages does, by plain loops. */
public final class SensorAveragesSpec implements ViewSpec {

    @Override
    public ViewDefinition definition() {
        return new SensorAverages();
    }

    @Override
    public Map<String, String> parameters() {
        return Map.of("window", "PT1M", "advance", "PT15S", "grace", "PT20S");
    }

    @Override
    public Duration open() {
        return Duration.ofSeconds(80);
    }

    @Override
    public Sent event(int key, int dice, Instant at) {
        return Sent.of(SensorAverages.READINGS, new Reading("sensor-" + key, dice / 10.0 - 20, null, at));
    }

    @Override
    public Map<Object, Object> expected(History history, Map<String, String> parameters) {
        long window = Duration.parse(parameters.getOrDefault("window", "PT1H")).toMillis();
        long advance =
                Duration.parse(parameters.getOrDefault("advance", "PT10M")).toMillis();
        long grace = Duration.parse(parameters.getOrDefault("grace", "PT10M")).toMillis();
        Map<WindowedKey, List<Double>> values = new HashMap<>();
        for (History.Arrived<Reading> arrived : history.arrived(SensorAverages.READINGS)) {
            for (long start = arrived.at() / advance * advance;
                    start >= 0 && start + window > arrived.at();
                    start -= advance) {
                if (!arrived.isTooLateFor(start + window + grace)) {
                    var key = new WindowedKey(
                            arrived.key(), Instant.ofEpochMilli(start), Instant.ofEpochMilli(start + window));
                    values.computeIfAbsent(key, _ -> new ArrayList<>())
                            .add(Objects.requireNonNull(arrived.value()).getValue());
                }
            }
        }
        var expected = new HashMap<Object, Object>();
        values.forEach((key, all) -> {
            var statistics = all.stream().mapToDouble(Double::doubleValue).summaryStatistics();
            expected.put(
                    key,
                    new SensorAverage(
                            statistics.getCount(), statistics.getAverage(), statistics.getMin(), statistics.getMax()));
        });
        return expected;
    }
}
