package dev.kappa.app.instance;

import dev.kappa.catalog.InstanceReport;
import dev.kappa.catalog.VersionReport;
import dev.kappa.reprocessing.cluster.VersionId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * How much each version reads and writes in the whole fleet, now and over the last quarter of an hour, by the reports of the instances.
 * Thread-safe.
 */
public final class FleetActivity {

    /** Distance of the points of a history. */
    public static final Duration STEP = Duration.ofSeconds(10);

    private static final int POINTS = 90;

    /** The span over which a current rate is measured: a few reports. */
    private static final Duration RECENT = Duration.ofSeconds(10);

    /**
     * Activity of a version over one {@link #STEP}.
     *
     * @param at its end
     * @param readPerSecond input records processed per second
     * @param writtenPerSecond results written per second
     * @param deadLetters dead letters written in this step
     * @param lag input records not read yet at its end; empty if unknown
     */
    public record Point(
            Instant at, double readPerSecond, double writtenPerSecond, long deadLetters, Optional<Long> lag) {}

    /** Current rates, in records per second. */
    public record Rates(double readPerSecond, double writtenPerSecond) {
        static final Rates NONE = new Rates(0, 0);
    }

    /** Counters of an instance, or the sum of what was added to them. */
    private record Counts(long read, long written, long deadLetters) {
        static final Counts ZERO = new Counts(0, 0, 0);

        static Counts of(VersionReport report) {
            return new Counts(report.getRead(), report.getWritten(), report.getDeadLetters());
        }

        Counts plus(Counts other) {
            return new Counts(read + other.read, written + other.written, deadLetters + other.deadLetters);
        }

        /** The increase since then; zero where a counter has started over. */
        Counts since(Counts before) {
            return new Counts(
                    Math.max(0, read - before.read),
                    Math.max(0, written - before.written),
                    Math.max(0, deadLetters - before.deadLetters));
        }
    }

    private record Sample(Instant at, Counts total) {
        Rates rates(Sample since) {
            double seconds = Duration.between(since.at, at).toMillis() / 1000.0;
            Counts added = total.since(since.total);
            return seconds <= 0 ? Rates.NONE : new Rates(added.read / seconds, added.written / seconds);
        }
    }

    private static final class Series {
        private final Map<String, Counts> counters = new HashMap<>();
        private final Deque<Sample> recent = new ArrayDeque<>();
        private final Deque<Point> points = new ArrayDeque<>();
        private Sample stepBegan;
        private Counts total = Counts.ZERO;

        Series(Instant now) {
            stepBegan = new Sample(now, Counts.ZERO);
            recent.add(stepBegan);
        }
    }

    private final Map<VersionId, Series> series = new HashMap<>();
    private final Instant began;

    /**
     * Knows nothing yet.
     *
     * @param now what the instance counted before is not counted
     */
    public FleetActivity(Instant now) {
        this.began = now;
    }

    /** Takes over the latest reports of the instances that are alive; called several times a second. */
    public synchronized void apply(List<InstanceReport> alive, Instant now) {
        var lags = new HashMap<VersionId, Long>();
        for (InstanceReport instance : alive) {
            for (VersionReport report : instance.getVersions()) {
                var id = new VersionId(report.getView(), report.getNumber());
                Series of = series.computeIfAbsent(id, _ -> new Series(now));
                count(of, instance.getInstance(), Counts.of(report), now);
                if (report.getLag() != null) {
                    lags.merge(id, report.getLag(), Long::sum);
                }
            }
        }
        series.forEach((id, of) -> advance(of, Optional.ofNullable(lags.get(id)), now));
        series.values()
                .removeIf(of -> of.points.size() == POINTS
                        && of.points.stream().allMatch(point -> point.lag().isEmpty() && point.readPerSecond() == 0));
    }

    private void count(Series of, String instance, Counts counts, Instant now) {
        Counts before = of.counters.put(instance, counts);
        if (before != null) {
            of.total = of.total.plus(counts.since(before));
        } else if (Duration.between(began, now).compareTo(RECENT) > 0) {
            // The instance has just begun with it, at zero.
            of.total = of.total.plus(counts);
        }
    }

    private static void advance(Series of, Optional<Long> lag, Instant now) {
        var sample = new Sample(now, of.total);
        // A sample a second is enough, and the oldest is as old as the span.
        if (Duration.between(of.recent.getLast().at(), now).toMillis() >= 1000) {
            of.recent.addLast(sample);
        }
        while (of.recent.size() > 2
                && Duration.between(of.recent.getFirst().at(), now).compareTo(RECENT) > 0) {
            of.recent.removeFirst();
        }
        if (Duration.between(of.stepBegan.at(), now).compareTo(STEP) >= 0) {
            Rates rates = sample.rates(of.stepBegan);
            of.points.addLast(new Point(
                    now,
                    rates.readPerSecond(),
                    rates.writtenPerSecond(),
                    sample.total().since(of.stepBegan.total()).deadLetters(),
                    lag));
            of.stepBegan = sample;
            if (of.points.size() > POINTS) {
                of.points.removeFirst();
            }
        }
    }

    /** The current rates of a version. */
    public synchronized Rates rates(VersionId version) {
        Series of = series.get(version);
        return of == null ? Rates.NONE : of.recent.getLast().rates(Objects.requireNonNull(of.recent.peekFirst()));
    }

    /** Dead letters that a version has written over the last quarter of an hour. */
    public synchronized long deadLetters(VersionId version) {
        Series of = series.get(version);
        return of == null
                ? 0
                : of.points.stream().mapToLong(Point::deadLetters).sum()
                        + of.total.since(of.stepBegan.total()).deadLetters();
    }

    /** The history of a version, oldest first; a point for each {@link #STEP}. */
    public synchronized List<Point> history(VersionId version) {
        Series of = series.get(version);
        return of == null ? List.of() : List.copyOf(of.points);
    }
}
