package dev.kappa.reprocessing.fleet;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The clock of the broker that appends to a topic, estimated from the append times of records and when they arrive. Of this host's clocks,
 * only the monotonic one is used. The broker's may jump, also when another broker takes over: what arrived more than a few seconds before
 * the newest record does not count. Not thread-safe.
 */
final class BrokerClock {

    /** Long enough for several reports, shorter than the silence after which an instance counts as dead. */
    static final Duration RECENT = Reporter.EVERY.multipliedBy(2);

    private static final long NANOS = 1_000_000;

    /**
     * A record.
     *
     * @param nanos when it arrived
     * @param aheadMs how far the broker's clock is ahead of this host's monotonic one, or a little less: a record arrives after it was
     *     appended
     */
    private record Arrival(long nanos, long aheadMs) {}

    /** In the order of their arrival, each less far ahead than the one before. */
    private final Deque<Arrival> recent = new ArrayDeque<>();

    /**
     * Takes note of a record.
     *
     * @param appendedAt the time that the broker gave it, in milliseconds since the epoch
     * @param nanos when it arrived, by {@link System#nanoTime}
     */
    void arrived(long appendedAt, long nanos) {
        var arrival = new Arrival(nanos, appendedAt - nanos / NANOS);
        while (!recent.isEmpty() && recent.getLast().aheadMs() <= arrival.aheadMs()) {
            recent.removeLast();
        }
        recent.addLast(arrival);
        while (nanos - recent.getFirst().nanos() > RECENT.toNanos()) {
            recent.removeFirst();
        }
    }

    /**
     * The broker's time, in milliseconds since the epoch, or a little earlier.
     *
     * @param nanos by {@link System#nanoTime}
     * @throws IllegalStateException before the first record
     */
    long now(long nanos) {
        if (recent.isEmpty()) {
            throw new IllegalStateException("No record has arrived");
        }
        return recent.getFirst().aheadMs() + nanos / NANOS;
    }
}
