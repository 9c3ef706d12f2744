package dev.kappa.app.version;

import java.time.Duration;

/**
 * Limits the rate of records. Threads that process them wait, for a moment only: a transaction may be open. What is then still ahead
 * of the rate is waited for before more records are read. Thread-safe.
 */
final class Throttle {

    /** The longest wait for one record. Kafka aborts a transaction that is open for ten seconds, which may have many records. */
    private static final Duration LONGEST_WAIT = Duration.ofMillis(100);

    /** Unused time, such as during a commit, is made up for up to this much. */
    private static final Duration CREDIT = Duration.ofSeconds(1);

    private static final double UNBOUNDED = Double.POSITIVE_INFINITY;

    private volatile double perSecond = UNBOUNDED;
    private long nextAt = Long.MIN_VALUE;

    /** Sets the rate from now on. */
    synchronized void set(double recordsPerSecond) {
        if (recordsPerSecond != perSecond) {
            perSecond = recordsPerSecond;
            nextAt = Long.MIN_VALUE;
        }
    }

    /** Removes the limit. */
    void lift() {
        set(UNBOUNDED);
    }

    /** Waits until the next record may be processed, or for a moment. */
    void acquire() {
        Duration wait = reserve(System.nanoTime());
        if (wait.compareTo(LONGEST_WAIT) > 0) {
            wait = LONGEST_WAIT;
        }
        if (wait.isPositive()) {
            try {
                Thread.sleep(wait);
            } catch (InterruptedException stopping) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Takes the place of the next record.
     *
     * @param now of {@link System#nanoTime}
     * @return how long until it may be processed
     */
    Duration reserve(long now) {
        double rate = perSecond;
        if (rate == UNBOUNDED) {
            return Duration.ZERO;
        }
        synchronized (this) {
            long at = Math.max(nextAt, now - CREDIT.toNanos());
            nextAt = at + (long) (1e9 / rate);
            return Duration.ofNanos(Math.max(0, at - now));
        }
    }

    /** The time until more records may be read. */
    Duration ahead() {
        return ahead(System.nanoTime());
    }

    /** {@link #ahead()}, at a time of {@link System#nanoTime}. */
    synchronized Duration ahead(long now) {
        return nextAt == Long.MIN_VALUE ? Duration.ZERO : Duration.ofNanos(Math.max(0, nextAt - now));
    }
}
