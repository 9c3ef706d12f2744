package dev.kappa.app.version;

import java.time.Duration;

/** Limits the rate of records: threads that process them wait. Thread-safe. */
final class Throttle {

    /** The longest wait for one record. Kafka takes a thread for dead that waits much longer. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    /** Unused time, such as during a commit, is made up for up to this much. */
    private static final Duration CREDIT = Duration.ofSeconds(1);

    private static final double UNBOUNDED = Double.POSITIVE_INFINITY;

    private volatile double perSecond = UNBOUNDED;
    private long nextAt = Long.MIN_VALUE;

    /** Sets the rate from now on. */
    void set(double recordsPerSecond) {
        perSecond = recordsPerSecond;
    }

    /** Removes the limit. */
    void lift() {
        perSecond = UNBOUNDED;
    }

    /** Waits until the next record may be processed. */
    void acquire() {
        Duration wait = reserve(System.nanoTime());
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
            long each = Math.min(LONGEST_WAIT.toNanos(), (long) (1e9 / rate));
            long at = Math.max(nextAt, now - CREDIT.toNanos());
            nextAt = at + each;
            return Duration.ofNanos(Math.clamp(at - now, 0, LONGEST_WAIT.toNanos()));
        }
    }
}
