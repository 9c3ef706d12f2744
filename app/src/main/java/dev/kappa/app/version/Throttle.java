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
    private long nextAt;

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
        double rate = perSecond;
        if (rate == UNBOUNDED) {
            return;
        }
        long wait;
        synchronized (this) {
            long now = System.nanoTime();
            long each = Math.min(LONGEST_WAIT.toNanos(), (long) (1e9 / rate));
            long at = Math.max(nextAt, now - CREDIT.toNanos());
            wait = Math.min(at - now, LONGEST_WAIT.toNanos());
            nextAt = at + each;
        }
        if (wait > 0) {
            try {
                Thread.sleep(Duration.ofNanos(wait));
            } catch (InterruptedException stopping) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
