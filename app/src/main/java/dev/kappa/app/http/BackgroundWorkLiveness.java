package dev.kappa.app.http;

import dev.kappa.app.instance.InstanceLifecycle;
import dev.kappa.reprocessing.background.BackgroundLoop;
import io.micronaut.core.async.publisher.Publishers;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import io.micronaut.management.health.indicator.annotation.Liveness;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import org.reactivestreams.Publisher;

/**
 * Alive while the threads of the background work are, and none of them is stuck. Work that fails does not count: its cause is
 * outside the process, which would be the same after a restart.
 */
@Singleton
@Liveness
final class BackgroundWorkLiveness implements HealthIndicator {

    /** Duration of a turn without progress after which a loop is stuck: far above all time-outs of Kafka's clients. */
    private static final Duration STUCK_AFTER = Duration.ofMinutes(15);

    private final InstanceLifecycle lifecycle;

    BackgroundWorkLiveness(InstanceLifecycle lifecycle) {
        this.lifecycle = lifecycle;
    }

    @Override
    public Publisher<HealthResult> getResult() {
        List<BackgroundLoop.Status> loops = lifecycle.backgroundWork();
        var details = new LinkedHashMap<String, Object>();
        boolean isAlive = true;
        for (BackgroundLoop.Status loop : loops) {
            boolean isStuck = !loop.isAlive() || loop.turn().compareTo(STUCK_AFTER) > 0;
            isAlive &= !isStuck;
            if (isStuck) {
                details.put(loop.name(), loop.isAlive() ? "has made no progress for " + loop.turn() : "has ended");
            } else {
                loop.failure().ifPresent(failure -> details.put(loop.name(), "fails: " + failure));
            }
        }
        return Publishers.just(HealthResult.builder("backgroundWork", isAlive ? HealthStatus.UP : HealthStatus.DOWN)
                .details(details)
                .build());
    }
}
