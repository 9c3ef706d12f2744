package dev.kappa.reprocessing.fleet;

/**
 * The clock of the broker that appends to a topic, estimated from the append times of records and when they arrive. Of this host's clocks,
 * only the monotonic one is used. Not thread-safe.
 */
final class BrokerClock {

    private static final long NANOS = 1_000_000;

    /** How far the broker's clock is ahead of this host's monotonic one, or a little less: a record arrives after it was appended. */
    private long aheadMs = Long.MIN_VALUE;

    /**
     * Takes note of a record.
     *
     * @param appendedAt the time that the broker gave it, in milliseconds since the epoch
     * @param nanos when it arrived, by {@link System#nanoTime}
     */
    void arrived(long appendedAt, long nanos) {
        aheadMs = Math.max(aheadMs, appendedAt - nanos / NANOS);
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
}
