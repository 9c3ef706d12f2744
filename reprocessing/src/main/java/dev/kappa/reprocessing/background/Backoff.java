package dev.kappa.reprocessing.background;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Waits between attempts: each is twice as long as the one before, up to a longest one, and varies at random by a fifth so that
 * instances do not retry in step. Not thread-safe.
 */
public final class Backoff {

    private static final double JITTER = 0.2;

    private final long firstNanos;
    private final long longestNanos;
    private long nextNanos;

    /**
     * Begins with the first wait.
     *
     * @param first a positive duration
     * @param longest at least the first
     */
    public Backoff(Duration first, Duration longest) {
        if (!first.isPositive() || longest.compareTo(first) < 0) {
            throw new IllegalArgumentException("No waits from " + first + " to " + longest);
        }
        this.firstNanos = first.toNanos();
        this.longestNanos = longest.toNanos();
        this.nextNanos = firstNanos;
    }

    /** The wait before the next attempt. */
    public Duration next() {
        long wait = nextNanos;
        nextNanos = wait > longestNanos / 2 ? longestNanos : wait * 2;
        return Duration.ofNanos((long) (wait * ThreadLocalRandom.current().nextDouble(1 - JITTER, 1 + JITTER)));
    }

    /** Sleeps for the next wait. */
    public void pause() throws InterruptedException {
        Thread.sleep(next());
    }

    /** Sleeps for the next wait, but no longer than until a deadline of {@link System#nanoTime}. */
    public void pauseUntil(long deadlineNanos) throws InterruptedException {
        long left = Math.max(0, deadlineNanos - System.nanoTime());
        Thread.sleep(Duration.ofNanos(Math.min(left, next().toNanos())));
    }

    /** An attempt succeeded: the next wait is the first one again. */
    public void reset() {
        nextNanos = firstNanos;
    }
}
