package dev.kappa.app.http;

import io.micronaut.core.async.publisher.Publishers;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import io.micronaut.management.health.indicator.annotation.Liveness;
import io.micronaut.scheduling.annotation.Scheduled;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Not alive while the clock of the host is behind a time that it has shown before. Consumers send no heartbeats then, so that they are removed from their
 * groups again and again, and connections that have ended are not opened anew, until the clock has caught up: timers of Kafka's clients never go back
 * ({@code org.apache.kafka.common.utils.Timer}). A new process does not know the later time. Thread-safe.
 */
@Singleton
@Liveness
final class ClockLiveness implements HealthIndicator {

    private static final Logger log = LoggerFactory.getLogger(ClockLiveness.class);

    /** Less than a session of Kafka's consumers lasts. */
    private static final Duration TOLERANCE = Duration.ofSeconds(10);

    private final InstantSource clock;
    private Instant latest = Instant.MIN;
    private boolean isBehind;

    ClockLiveness() {
        this(InstantSource.system());
    }

    ClockLiveness(InstantSource clock) {
        this.clock = clock;
    }

    /** Looks at the clock, also when nobody asks whether the instance is alive. */
    @Scheduled(fixedDelay = "1s")
    void watchClock() {
        behind();
    }

    /** How far the clock is behind the latest time it has shown; zero up to the tolerance. */
    synchronized Duration behind() {
        Instant now = clock.instant();
        if (now.isAfter(latest)) {
            latest = now;
        }
        Duration behind = Duration.between(now, latest);
        boolean wasBehind = isBehind;
        isBehind = behind.compareTo(TOLERANCE) > 0;
        if (isBehind && !wasBehind) {
            log.error(
                    "The clock of this host was set back. Kafka's clients of this instance do not work until it has caught up;"
                            + " restart the instance: behind={}",
                    behind);
        } else if (wasBehind && !isBehind) {
            log.info("The clock of this host has caught up");
        }
        return isBehind ? behind : Duration.ZERO;
    }

    @Override
    public Publisher<HealthResult> getResult() {
        Duration behind = behind();
        var result = behind.isZero()
                ? HealthResult.builder("clock", HealthStatus.UP)
                : HealthResult.builder("clock", HealthStatus.DOWN)
                        .details(Map.of("setBack", "The clock of this host was set back by " + behind));
        return Publishers.just(result.build());
    }
}
