package dev.kappa.app.version;

import java.time.Duration;

/** Lets records through at a bounded rate, by making the threads that bring them wait. Thread-safe. */
final class Throttle {

    /** A thread never waits longer for one record, so that Kafka does not take it for dead. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    /** What was not used of so much time, as while a transaction is committed, may be made up for. */
    private static final Duration CREDIT = Duration.ofSeconds(1);

    private static final double UNBOUNDED = Double.POSITIVE_INFINITY;

    private volatile double perSecond = UNBOUNDED;
    private long nextAt = Long.MIN_VALUE;

    /** The rate from now on. */
    void set(double recordsPerSecond) {
        perSecond = recordsPerSecond;
    }

    /** No bound from now on. */
    void lift() {
        perSecond = UNBOUNDED;
    }

    /** Returns when the next record may be processed. */
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
