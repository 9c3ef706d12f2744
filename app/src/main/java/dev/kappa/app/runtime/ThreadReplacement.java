package dev.kappa.app.runtime;

import dev.kappa.avro.SchemaRegistryUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.kafka.common.errors.RetriableException;

/**
 * Decides whether a stream thread that died is replaced: yes, unless too many died of their own fault within a time
 * window. Threads that died because the broker or the registry was away do not count: those come back. Thread-safe.
 */
final class ThreadReplacement {

    static final int MOST_IN_WINDOW = 5;
    static final Duration WINDOW = Duration.ofMinutes(10);

    private final InstantSource clock;
    private final Deque<Instant> deaths = new ArrayDeque<>();

    ThreadReplacement(InstantSource clock) {
        this.clock = clock;
    }

    synchronized boolean isReplaced(Throwable failure) {
        if (isTransient(failure)) {
            return true;
        }
        Instant now = clock.instant();
        deaths.addLast(now);
        while (deaths.getFirst().isBefore(now.minus(WINDOW))) {
            deaths.removeFirst();
        }
        return deaths.size() <= MOST_IN_WINDOW;
    }

    private static boolean isTransient(Throwable failure) {
        if (SchemaRegistryUnavailableException.isCauseOf(failure)) {
            return true;
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof RetriableException) {
                return true;
            }
        }
        return false;
    }
}
