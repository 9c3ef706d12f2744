package dev.kappa.app.query;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * Bounds how many requests do something at once, in all and of one caller, who may have half of them. Requests beyond the bound are refused;
 * none waits. Thread-safe.
 */
public final class ConcurrencyLimit {

    private final int limit;
    private final int share;
    private final String refusal;
    private final Map<String, Integer> byCaller = new HashMap<>();
    private int running;

    /** As many requests do it already as may. */
    public static final class ReachedException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final boolean isOfCaller;

        private ReachedException(String message, boolean isOfCaller) {
            super(message);
            this.isOfCaller = isOfCaller;
        }

        /** Whether the caller has its share, while others may still do it. */
        public boolean isOfCaller() {
            return isOfCaller;
        }
    }

    /** One of those that may do it. Closing it again has no effect. */
    public final class Permit implements AutoCloseable {

        private final Optional<String> caller;
        private final AtomicBoolean isClosed = new AtomicBoolean();

        private Permit(Optional<String> caller) {
            this.caller = caller;
        }

        @Override
        public void close() {
            if (isClosed.compareAndSet(false, true)) {
                release(caller);
            }
        }
    }

    /**
     * A limit.
     *
     * @param limit maximum number of requests
     * @param refusal message for the others
     */
    public ConcurrencyLimit(int limit, String refusal) {
        this.limit = limit;
        this.share = Math.ceilDiv(limit, 2);
        this.refusal = refusal;
    }

    /**
     * Takes one of the permits.
     *
     * @param caller who asks; empty for one that has no share of its own, such as another instance
     * @throws ReachedException when as many requests do it already as may
     */
    public synchronized Permit acquire(Optional<String> caller) {
        if (running >= limit) {
            throw new ReachedException(refusal, false);
        }
        caller.ifPresent(name -> {
            int own = byCaller.getOrDefault(name, 0);
            if (own >= share) {
                throw new ReachedException(
                        name + " has " + share + " such requests on this instance, the share of one caller", true);
            }
            byCaller.put(name, own + 1);
        });
        running++;
        return new Permit(caller);
    }

    private synchronized void release(Optional<String> caller) {
        running--;
        caller.ifPresent(name -> byCaller.computeIfPresent(name, (_, own) -> own == 1 ? null : own - 1));
    }

    /**
     * Does the work.
     *
     * @param caller who asks; empty for one that has no share of its own
     * @throws ReachedException when as many requests do it already as may
     */
    public <T> T during(Optional<String> caller, Supplier<T> work) {
        try (Permit _ = acquire(caller)) {
            return work.get();
        }
    }
}
