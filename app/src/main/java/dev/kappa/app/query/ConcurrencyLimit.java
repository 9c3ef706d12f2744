package dev.kappa.app.query;

import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/** Bounds how many requests do something at once. Requests beyond the bound are refused; none waits. Thread-safe. */
public final class ConcurrencyLimit {

    private final Semaphore free;
    private final String refusal;

    /** As many requests do it already as may. */
    public static final class ReachedException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private ReachedException(String message) {
            super(message);
        }
    }

    /**
     * A limit.
     *
     * @param limit maximum number of requests
     * @param refusal message for the others
     */
    public ConcurrencyLimit(int limit, String refusal) {
        this.free = new Semaphore(limit);
        this.refusal = refusal;
    }

    /**
     * Does the work.
     *
     * @throws ReachedException when as many requests do it already as may
     */
    public <T> T during(Supplier<T> work) {
        if (!free.tryAcquire()) {
            throw new ReachedException(refusal);
        }
        try {
            return work.get();
        } finally {
            free.release();
        }
    }
}
