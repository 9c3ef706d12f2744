package dev.kappa.app.security;

import dev.kappa.app.config.KappaConfig;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** How many requests each caller may make, and how many with invalid credentials each address. Thread-safe. */
@Singleton
public final class RequestRates {

    /**
     * Whoever is behind the same proxy has the same address, so only failures are counted and only failures are refused. A token that cannot
     * be guessed needs no more.
     */
    private static final int FAILURES_PER_SECOND = 20;

    private static final int FAILURES_AT_ONCE = 200;

    private final Optional<Buckets> requests;
    private final Buckets failures = new Buckets(FAILURES_AT_ONCE, FAILURES_PER_SECOND);

    RequestRates(KappaConfig config) {
        int perSecond = config.security().requestsPerSecond();
        this.requests = perSecond == 0 ? Optional.empty() : Optional.of(new Buckets(perSecond, perSecond));
    }

    /**
     * Counts a request.
     *
     * @return how long the caller has to wait if it has made too many
     */
    public Optional<Duration> count(Caller caller) {
        return caller.isInstance() ? Optional.empty() : requests.flatMap(buckets -> buckets.take(caller.name()));
    }

    /**
     * Counts a request whose credentials are not valid.
     *
     * @param address where it came from
     * @return how long to wait if too many came from there
     */
    public Optional<Duration> countFailure(String address) {
        return failures.take(address);
    }

    private static final class Buckets {

        /** Those not heard of for longest are forgotten beyond this many: web tokens may name any number of callers. */
        private static final int MAX_NAMES = 10_000;

        private final int capacity;
        private final int perSecond;

        private final Map<String, Bucket> buckets = new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
                return size() > MAX_NAMES;
            }
        };

        Buckets(int capacity, int perSecond) {
            this.capacity = capacity;
            this.perSecond = perSecond;
        }

        Optional<Duration> take(String name) {
            ConsumptionProbe probe = bucket(name).tryConsumeAndReturnRemaining(1);
            return probe.isConsumed()
                    ? Optional.empty()
                    : Optional.of(Duration.ofNanos(probe.getNanosToWaitForRefill()));
        }

        private synchronized Bucket bucket(String name) {
            return buckets.computeIfAbsent(
                    name,
                    _ -> Bucket.builder()
                            .addLimit(limit -> limit.capacity(capacity).refillGreedy(perSecond, Duration.ofSeconds(1)))
                            .build());
        }
    }
}
