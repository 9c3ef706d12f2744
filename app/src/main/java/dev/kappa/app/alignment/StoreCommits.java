package dev.kappa.app.alignment;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The commits of a version's stream threads on this instance that are under way: from the moment that a transaction may have been
 * committed until the thread polls again. Kafka Streams makes the writes of a transaction visible to queries in between, so that for
 * a moment a committed offset is ahead of what queries see. Thread-safe.
 */
public final class StoreCommits {

    private final Runnable before;
    private final Map<Thread, Commit> underWay = new HashMap<>();
    private volatile Consumer<Duration> onEnd = _ -> {};
    private long begun;

    private record Commit(long number, long begunAt) {}

    /**
     * Of a version.
     *
     * @param before runs on the stream thread before each commit; when it throws, the transaction is not committed
     */
    public StoreCommits(Runnable before) {
        this.before = before;
    }

    /** The calling stream thread is about to commit a transaction. */
    void begin() {
        before.run();
        synchronized (this) {
            underWay.put(Thread.currentThread(), new Commit(++begun, System.nanoTime()));
        }
    }

    /** The calling stream thread has committed its stores, or is about to end. */
    void end() {
        Commit ended;
        synchronized (this) {
            ended = underWay.remove(Thread.currentThread());
            if (ended != null) {
                notifyAll();
            }
        }
        if (ended != null) {
            onEnd.accept(Duration.ofNanos(System.nanoTime() - ended.begunAt()));
        }
    }

    /** Registers a listener for the duration of each commit. It is called on stream threads and must return at once. */
    public void onEnd(Consumer<Duration> listener) {
        onEnd = listener;
    }

    /**
     * Waits until queries see everything that had been committed before the call.
     *
     * @return whether they do; false when a commit took longer than the timeout
     * @throws InterruptedException when the calling thread is interrupted
     */
    public synchronized boolean await(Duration timeout) throws InterruptedException {
        long last = begun;
        long deadline = System.nanoTime() + timeout.toNanos();
        while (underWay.values().stream().anyMatch(commit -> commit.number() <= last)) {
            long left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }
}
