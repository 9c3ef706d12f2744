package dev.kappa.app.http;

import dev.kappa.app.instance.InstanceLifecycle;
import dev.kappa.app.instance.InstanceState;
import dev.kappa.app.instance.Readiness;
import dev.kappa.app.instance.RunningInstance;
import io.micronaut.core.async.publisher.Publishers;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.Map;
import org.reactivestreams.Publisher;

/** Tells orchestrators of this instance's {@link Readiness}, and people of the states of its versions. */
@Singleton
@io.micronaut.management.health.indicator.annotation.Readiness
final class VersionsReadiness implements HealthIndicator {

    private final InstanceLifecycle lifecycle;
    private volatile boolean wasReady;

    VersionsReadiness(InstanceLifecycle lifecycle) {
        this.lifecycle = lifecycle;
    }

    @Override
    public Publisher<HealthResult> getResult() {
        var details = new LinkedHashMap<String, Object>();
        boolean isReady = switch (lifecycle.state()) {
            case InstanceState.Starting starting -> {
                details.put("waitingFor", starting.waitingFor());
                yield false;
            }
            case InstanceState.Running running -> isReady(running.instance(), details);
            case InstanceState.Leaving leaving -> isReady(leaving.instance(), details);
            case InstanceState.Stopped _ -> false;
            case InstanceState.Failed failed -> {
                details.put("failure", String.valueOf(failed.reason().getMessage()));
                yield false;
            }
        };
        return Publishers.just(HealthResult.builder("versions", isReady ? HealthStatus.UP : HealthStatus.DOWN)
                .details(details)
                .build());
    }

    private boolean isReady(RunningInstance instance, Map<String, Object> details) {
        instance.versions()
                .states()
                .forEach((id, state) -> details.put(
                        id.toString(),
                        state
                                + instance.versions()
                                        .detail(id)
                                        .map(detail -> ": " + detail)
                                        .orElse("")));
        details.putAll(instance.catalog().unreadable());
        Readiness readiness = Readiness.of(Readiness.Situation.of(instance), wasReady);
        readiness.waitsFor().ifPresent(what -> details.put("waitingFor", what));
        wasReady |= readiness.isReady();
        return readiness.isReady();
    }
}
