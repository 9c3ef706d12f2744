package dev.kappa.app.query;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/** Instances that lately did not answer; for a second they are asked last. Thread-safe. */
final class SuspectInstances {

    private static final Duration SUSPICION = Duration.ofSeconds(1);

    private final Map<String, Long> failedAt = new ConcurrentHashMap<>();
    private final LongSupplier nanoTime;

    SuspectInstances(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    void answered(String instance) {
        failedAt.remove(instance);
    }

    void failed(String instance) {
        failedAt.put(instance, nanoTime.getAsLong());
    }

    boolean contains(String instance) {
        Long at = failedAt.get(instance);
        if (at == null) {
            return false;
        }
        boolean isRecent = nanoTime.getAsLong() - at < SUSPICION.toNanos();
        if (!isRecent) {
            // An instance may never come back under the same address.
            failedAt.remove(instance, at);
        }
        return isRecent;
    }
}
