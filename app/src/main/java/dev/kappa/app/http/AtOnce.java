package dev.kappa.app.http;

import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/** A bound on how many requests do something at once; those beyond it are refused, none waits. Thread-safe. */
final class AtOnce {

    private final Semaphore free;
    private final String refusal;

    /**
     * Bounds something.
     *
     * @param most how many may do it
     * @param refusal what the others are told
     */
    AtOnce(int most, String refusal) {
        this.free = new Semaphore(most);
        this.refusal = refusal;
    }

    /**
     * Does it.
     *
     * @throws ProblemException when as many as may do it are doing it
     */
    <T> T during(Supplier<T> work) {
        if (!free.tryAcquire()) {
            throw ProblemException.tooMany(refusal);
        }
        try {
            return work.get();
        } finally {
            free.release();
        }
    }
}
