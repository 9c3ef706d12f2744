package dev.kappa.reprocessing.fleet;

import java.time.Duration;

/**
 * The clock of the broker that appends to a topic, estimated from the append times of records and when they arrive. Of this host's clocks,
 * only the monotonic one is used. The broker's may be set back, also when another broker takes over: its records then go back in time, and
 * what was known before no longer counts. Not thread-safe.
 */
final class BrokerClock {

    /** A clock that goes back by less is corrected a little, as clocks are all the time. */
    private static final long STEP_MS = Duration.ofSeconds(1).toMillis();

    private static final long NANOS = 1_000_000;

    /** How far the broker's clock is ahead of this host's monotonic one, or a little less: a record arrives after it was appended. */
    private long aheadMs = Long.MIN_VALUE;

    private long lastAppendedAt = Long.MIN_VALUE;

    /**
     * Takes note of the broker's time.
     *
     * @param atMs in milliseconds since the epoch
     * @param nanos when it was that time at the latest, by {@link System#nanoTime}
     */
    void is(long atMs, long nanos) {
        aheadMs = Math.max(aheadMs, atMs - nanos / NANOS);
    }

    /**
     * Takes note of a record; records come in the order in which they were appended.
     *
     * @param appendedAt the time that the broker gave it, in milliseconds since the epoch
     * @param nanos when it arrived, by {@link System#nanoTime}
     */
    void arrived(long appendedAt, long nanos) {
        if (lastAppendedAt != Long.MIN_VALUE && lastAppendedAt - appendedAt > STEP_MS) {
            aheadMs = Long.MIN_VALUE;
        }
        lastAppendedAt = appendedAt;
        is(appendedAt, nanos);
    }

    /**
     * The broker's time, in milliseconds since the epoch, or a little earlier.
     *
     * @param nanos by {@link System#nanoTime}
     * @throws IllegalStateException before the first record
     */
    long now(long nanos) {
        if (aheadMs == Long.MIN_VALUE) {
            throw new IllegalStateException("No record has arrived");
        }
        return aheadMs + nanos / NANOS;
    }

    /**
     * Whether a time is later than now by more than a correction: it is of before the clock was set back.
     *
     * @param atMs in milliseconds since the epoch
     * @param nanos by {@link System#nanoTime}
     */
    boolean isAhead(long atMs, long nanos) {
        return atMs - now(nanos) > STEP_MS;
    }
}
