package dev.kappa.reprocessing.fleet;

import dev.kappa.catalog.InstanceReport;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The instances that are alive: those that have reported lately. The age of a report is how old it was when it arrived, by the broker's clock, and
 * how long ago it arrived, by this host's monotonic clock. When the broker's clock jumps, an instance that reports stays alive. Not thread-safe.
 *
 * @see Fleet#SILENCE
 */
final class Heartbeats {

    private static final long NANOS = 1_000_000;

    /** Pods come and go with new names. */
    private static final Duration FORGOTTEN = Fleet.SILENCE.multipliedBy(10);

    /**
     * A report.
     *
     * @param nanos when this host could have heard it first
     */
    private record Heard(InstanceReport report, long nanos) {}

    private final BrokerClock clock;
    private final Map<String, Heard> newest = new TreeMap<>();

    Heartbeats(BrokerClock clock) {
        this.clock = clock;
    }

    /**
     * Takes note of a report that the clock has been told of.
     *
     * @param appendedAt the time that the broker gave it, in milliseconds since the epoch
     * @param nanos when it arrived, by {@link System#nanoTime}
     */
    void heard(InstanceReport report, long appendedAt, long nanos) {
        if (clock.isAhead(appendedAt, nanos)) {
            // How long ago that was is not known. The instance reports again soon, if it is alive.
            return;
        }
        long lateMs = Math.max(0, clock.now(nanos) - appendedAt);
        Heard before = newest.get(report.getInstance());
        long first = nanos - lateMs * NANOS;
        // A newer report never makes an instance older.
        newest.put(
                report.getInstance(),
                new Heard(report, before != null && before.nanos() - first > 0 ? before.nanos() : first));
    }

    /**
     * The newest reports of the instances that are alive.
     *
     * @param nanos by {@link System#nanoTime}
     */
    List<InstanceReport> alive(long nanos) {
        newest.values().removeIf(heard -> nanos - heard.nanos() > FORGOTTEN.toNanos());
        return newest.values().stream()
                .filter(heard -> !heard.report().getStopped() && nanos - heard.nanos() < Fleet.SILENCE.toNanos())
                .map(Heard::report)
                .toList();
    }
}
