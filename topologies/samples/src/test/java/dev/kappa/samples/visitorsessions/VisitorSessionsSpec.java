package dev.kappa.samples.visitorsessions;

import dev.kappa.events.PageView;
import dev.kappa.results.VisitorSession;
import dev.kappa.results.WindowedKey;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.kit.History;
import dev.kappa.topologies.kit.ViewSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What visitor-sessions does, by plain loops: the views that are in time, sorted, and cut where the gap is too long. */
public final class VisitorSessionsSpec implements ViewSpec {

    private record Seen(long at, PageView view) {}

    @Override
    public ViewDefinition definition() {
        return new VisitorSessions();
    }

    @Override
    public Map<String, String> parameters() {
        return Map.of("gap", "PT30S", "grace", "PT20S");
    }

    @Override
    public Duration open() {
        return Duration.ofSeconds(50);
    }

    @Override
    public Sent event(int key, int dice, Instant at) {
        return Sent.of(
                VisitorSessions.PAGE_VIEWS,
                new PageView("visitor-" + key, "/" + dice, null, dice % 4 == 0 ? null : (long) dice, at));
    }

    @Override
    public Map<Object, Object> expected(History history, Map<String, String> parameters) {
        long gap = Duration.parse(parameters.getOrDefault("gap", "PT30M")).toMillis();
        long grace = Duration.parse(parameters.getOrDefault("grace", "PT10M")).toMillis();
        Map<String, List<Seen>> inTime = new HashMap<>();
        for (History.Arrived<PageView> arrived : history.arrived(VisitorSessions.PAGE_VIEWS)) {
            List<Seen> views = inTime.computeIfAbsent(arrived.key(), _ -> new ArrayList<>());
            var now = new Seen(arrived.at(), Objects.requireNonNull(arrived.value()));
            views.add(now);
            // The end of the session it would be in, as of now.
            long end = sessions(views, gap).stream()
                    .filter(session -> session.contains(now))
                    .findFirst()
                    .orElseThrow()
                    .getLast()
                    .at();
            if (arrived.isTooLateFor(end + gap + grace + 1)) {
                views.remove(now);
            }
        }
        var expected = new HashMap<Object, Object>();
        inTime.forEach((visitor, views) -> sessions(views, gap).forEach(session -> {
            var key = new WindowedKey(
                    visitor,
                    Instant.ofEpochMilli(session.getFirst().at()),
                    Instant.ofEpochMilli(session.getLast().at()));
            long bytes = session.stream()
                    .mapToLong(seen -> Objects.requireNonNullElse(seen.view().getBytes(), 0L))
                    .sum();
            expected.put(
                    key,
                    new VisitorSession(
                            (long) session.size(),
                            bytes,
                            session.getFirst().view().getPath(),
                            session.getLast().view().getPath()));
        }));
        return expected;
    }

    private static List<List<Seen>> sessions(List<Seen> views, long gap) {
        var sessions = new ArrayList<List<Seen>>();
        // The sort keeps the order of arrival among equal times.
        for (Seen seen :
                views.stream().sorted(Comparator.comparingLong(Seen::at)).toList()) {
            if (sessions.isEmpty() || seen.at() - sessions.getLast().getLast().at() > gap) {
                sessions.add(new ArrayList<>());
            }
            sessions.getLast().add(seen);
        }
        return sessions;
    }
}
