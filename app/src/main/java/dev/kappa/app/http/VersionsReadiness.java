package dev.kappa.app.http;

import dev.kappa.app.runtime.Instance;
import dev.kappa.app.runtime.VersionRunner;
import io.micronaut.core.async.publisher.Publishers;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import io.micronaut.management.health.indicator.annotation.Readiness;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.Map;
import org.reactivestreams.Publisher;

/** Ready when every version is running: not while starting, restoring or rebalancing. */
@Singleton
@Readiness
final class VersionsReadiness implements HealthIndicator {

    private final Instance instance;

    VersionsReadiness(Instance instance) {
        this.instance = instance;
    }

    @Override
    public Publisher<HealthResult> getResult() {
        Map<String, Object> details = new LinkedHashMap<>();
        instance.waitingFor().ifPresent(what -> details.put("waitingFor", what));
        boolean ready = instance.waitingFor().isEmpty();
        for (VersionRunner runner : instance.runners()) {
            details.put(runner.version().id().toString(), runner.state().name());
            ready &= runner.state() == VersionRunner.State.RUNNING;
        }
        return Publishers.just(HealthResult.builder("versions", ready ? HealthStatus.UP : HealthStatus.DOWN)
                .details(details)
                .build());
    }
}
