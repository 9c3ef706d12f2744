package dev.kappa.app.http;

import dev.kappa.app.runtime.Instance;
import dev.kappa.app.runtime.VersionRunner;
import dev.kappa.app.runtime.Versions;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.VersionId;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.fleet.Fleet;
import io.micronaut.core.async.publisher.Publishers;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import io.micronaut.management.health.indicator.annotation.Readiness;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.reactivestreams.Publisher;

/**
 * Ready when every active version that is to run here is running: not while starting, restoring or rebalancing. Replays do not
 * count, and what is left to instances with other code or to other pools does not either.
 *
 * <p>A version that has been given up does not take the others out of service. But it keeps an instance that has just started from
 * becoming ready, unless it fails on other instances too: a rollout of code that cannot run it is to stop at the first pod.
 *
 * <p>After its start an instance is ready only once all copies of stores in the fleet are complete: then the next instance may
 * be restarted, and what it had is still to be read. Later on that does not count, or the end of one instance would take
 * the others out of service.
 */
@Singleton
@Readiness
final class VersionsReadiness implements HealthIndicator {

    private final Instance instance;
    private volatile boolean wasReady;

    VersionsReadiness(Instance instance) {
        this.instance = instance;
    }

    @Override
    public Publisher<HealthResult> getResult() {
        Map<String, Object> details = new LinkedHashMap<>();
        Optional<String> waitingFor = instance.waitingFor();
        boolean ready = waitingFor.isEmpty();
        waitingFor.ifPresent(what -> details.put("waitingFor", what));
        if (ready) {
            Catalog catalog = instance.catalog();
            Versions versions = instance.versions();
            Map<VersionId, String> states = versions.states();
            states.forEach((id, state) -> details.put(
                    id.toString(),
                    state + versions.detail(id).map(detail -> ": " + detail).orElse("")));
            details.putAll(catalog.unreadable());
            List<VersionId> here = catalog.versions().stream()
                    .filter(version -> version.phase() == Phase.ACTIVE && versions.isForHere(version))
                    .map(ViewVersion::id)
                    .filter(id -> !catalog.unreadable().containsKey(id.view()))
                    .toList();
            List<VersionId> failed = here.stream()
                    .filter(id -> states.getOrDefault(id, "STARTING").equals(VersionRunner.State.FAILED.name()))
                    .toList();
            ready = here.stream()
                    .filter(id -> !failed.contains(id))
                    .map(id -> states.getOrDefault(id, "STARTING"))
                    .allMatch(
                            state -> state.equals(VersionRunner.State.RUNNING.name()) || state.equals("NEEDS_REPLAY"));
            if (!failed.isEmpty()) {
                ready &= failed.size() < here.size()
                        && (wasReady || failed.stream().allMatch(this::failsElsewhere));
            }
            if (ready && !wasReady && !isFleetHeard()) {
                details.put("waitingFor", "reports of the other instances");
                ready = false;
            }
            if (ready && !wasReady && !areCopiesComplete(catalog, versions)) {
                details.put("waitingFor", "copies of stores on this instance or others to be complete");
                ready = false;
            }
            wasReady |= ready;
        }
        return Publishers.just(HealthResult.builder("versions", ready ? HealthStatus.UP : HealthStatus.DOWN)
                .details(details)
                .build());
    }

    /** Its own report comes after those that the others have sent before; without them it would not know whom to ask. */
    private boolean isFleetHeard() {
        return instance.fleet().stream()
                .anyMatch(report -> report.getAdvertised().equals(instance.advertised()));
    }

    /** Then it is not for what is new about this instance, and keeping it out of service would help nobody. */
    private boolean failsElsewhere(VersionId version) {
        return instance.fleet().stream()
                .filter(report -> !report.getAdvertised().equals(instance.advertised()))
                .flatMap(report -> Fleet.of(report, version).stream())
                .anyMatch(report -> report.getState().equals(VersionRunner.State.FAILED.name()));
    }

    private boolean areCopiesComplete(Catalog catalog, Versions versions) {
        List<InstanceReport> fleet = instance.fleet();
        if (fleet.size() < 2) {
            return true;
        }
        Set<VersionId> active = catalog.versions().stream()
                .filter(version -> version.phase() == Phase.ACTIVE)
                .map(ViewVersion::id)
                .collect(Collectors.toSet());
        return versions.runners().stream()
                        .filter(runner -> active.contains(runner.version().id()))
                        .allMatch(runner -> runner.incompleteCopies().orElse(1) == 0)
                && fleet.stream()
                        .flatMap(report -> report.getVersions().stream())
                        .filter(version -> active.contains(new VersionId(version.getView(), version.getNumber())))
                        .allMatch(version -> version.getBehind() == 0);
    }
}
