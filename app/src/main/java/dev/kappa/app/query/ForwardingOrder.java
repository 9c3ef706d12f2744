package dev.kappa.app.query;

import dev.kappa.app.version.VersionState;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.fleet.Fleet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;

/** To which instances a request about a version may be forwarded, in order of preference. */
final class ForwardingOrder {

    private ForwardingOrder() {}

    /**
     * Instances that run a version, before those that restore it; those that answered lately before those that did not. Instances
     * that are leaving come last.
     *
     * @param others reports of the other instances that are alive
     * @param isSuspect whether an instance did not answer lately
     * @param turn counts requests: equally good instances take turns
     * @return addresses as {@code host:port}
     */
    static List<String> of(List<InstanceReport> others, VersionId version, Predicate<String> isSuspect, int turn) {
        var candidates = new ArrayList<>(others.stream()
                .filter(report ->
                        isIn(report, version, VersionState.RUNNING) || isIn(report, version, VersionState.REBALANCING))
                .toList());
        if (candidates.isEmpty()) {
            return List.of();
        }
        Collections.rotate(candidates, -Math.floorMod(turn, candidates.size()));
        return candidates.stream()
                .sorted(Comparator.comparing(InstanceReport::getLeaving)
                        .thenComparing(report -> isSuspect.test(report.getAdvertised()))
                        .thenComparing(report -> !isIn(report, version, VersionState.RUNNING)))
                .map(InstanceReport::getAdvertised)
                .toList();
    }

    private static boolean isIn(InstanceReport report, VersionId version, VersionState state) {
        return Fleet.of(report, version)
                .filter(said -> said.getState().equals(state.name()))
                .isPresent();
    }
}
