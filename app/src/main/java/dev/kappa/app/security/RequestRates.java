package dev.kappa.app.security;

import dev.kappa.app.config.KappaConfig;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** How many requests each caller may make. Thread-safe. */
@Singleton
public final class RequestRates {

    /** Callers not heard of for longest are forgotten beyond this many: web tokens may name any number. */
    private static final int MAX_CALLERS = 10_000;

    private final int perSecond;

    private final Map<String, Bucket> buckets = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
            return size() > MAX_CALLERS;
        }
    };

    RequestRates(KappaConfig config) {
        this.perSecond = config.security().requestsPerSecond();
    }

    /**
     * Counts a request.
     *
     * @return how long the caller has to wait if it has made too many
     */
    public Optional<Duration> count(Caller caller) {
        if (perSecond == 0 || caller.isInstance()) {
            return Optional.empty();
        }
        ConsumptionProbe probe = bucket(caller.name()).tryConsumeAndReturnRemaining(1);
        return probe.isConsumed() ? Optional.empty() : Optional.of(Duration.ofNanos(probe.getNanosToWaitForRefill()));
    }

    private synchronized Bucket bucket(String name) {
        return buckets.computeIfAbsent(
                name,
                _ -> Bucket.builder()
                        .addLimit(limit -> limit.capacity(perSecond).refillGreedy(perSecond, Duration.ofSeconds(1)))
                        .build());
    }
}
