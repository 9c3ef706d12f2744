package dev.kappa.app.instance;

import dev.kappa.app.version.VersionRunner;
import dev.kappa.app.version.VersionState;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.fleet.Fleet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Whether an instance may be sent requests: a pure function of its situation.
 *
 * <p>An instance is ready when every active version that it is to run is running: not while it starts, restores or rebalances.
 * Replays do not count, and versions that are left to instances with other code or to other pools do not either.
 *
 * <p>A version that has failed does not take the others out of service. But it keeps an instance that has just started from becoming
 * ready, unless it fails on other instances too: a rollout of code that cannot run it is to stop at the first pod.
 *
 * <p>After its start an instance becomes ready only once all copies of stores in the fleet are complete: then the next instance may be
 * restarted, and what it had can still be read. Later on copies do not count, or the end of one instance would take the others out
 * of service.
 *
 * @param isReady whether it may
 * @param waitsFor what it waits for beyond the states of its versions, for people
 */
public record Readiness(boolean isReady, Optional<String> waitsFor) {

    /**
     * The facts on which readiness depends.
     *
     * @param active active versions that can be read in the catalog
     * @param forHere those of them that this instance is to run
     * @param states of versions on this instance
     * @param incompleteCopies on this instance, of each version that runs here; absent where they have not been measured
     * @param fleet reports of all instances that are alive
     * @param advertised tells this instance's own report
     */
    public record Situation(
            Set<VersionId> active,
            List<VersionId> forHere,
            Map<VersionId, VersionState> states,
            Map<VersionId, Optional<Integer>> incompleteCopies,
            List<InstanceReport> fleet,
            String advertised) {

        public Situation {
            active = Set.copyOf(active);
            forHere = List.copyOf(forHere);
            states = Map.copyOf(states);
            incompleteCopies = Map.copyOf(incompleteCopies);
            fleet = List.copyOf(fleet);
        }

        /** The situation of an instance that has started. */
        public static Situation of(RunningInstance instance) {
            Catalog catalog = instance.catalog();
            List<ViewVersion> active = catalog.versions().stream()
                    .filter(version -> version.phase() == Phase.ACTIVE)
                    .toList();
            return new Situation(
                    active.stream().map(ViewVersion::id).collect(Collectors.toSet()),
                    active.stream()
                            .filter(version -> instance.versions().isForHere(version)
                                    && !catalog.unreadable()
                                            .containsKey(version.id().view()))
                            .map(ViewVersion::id)
                            .toList(),
                    instance.versions().states(),
                    instance.versions().runners().stream()
                            .collect(
                                    Collectors.toMap(runner -> runner.version().id(), VersionRunner::incompleteCopies)),
                    instance.fleet(),
                    instance.advertised());
        }

        private VersionState state(VersionId id) {
            return states.getOrDefault(id, VersionState.STARTING);
        }

        private List<InstanceReport> others() {
            return fleet.stream()
                    .filter(report -> !report.getAdvertised().equals(advertised))
                    .toList();
        }
    }

    /**
     * The readiness of an instance.
     *
     * @param wasReady whether it has been ready since its start
     */
    public static Readiness of(Situation situation, boolean wasReady) {
        if (!areRunning(situation, wasReady)) {
            return new Readiness(false, Optional.empty());
        }
        if (!wasReady && situation.others().size() == situation.fleet().size()) {
            // Its own report comes after those that the others have sent before; without them it would not know whom to
            // ask.
            return new Readiness(false, Optional.of("reports of the other instances"));
        }
        if (!wasReady && !areCopiesComplete(situation)) {
            return new Readiness(false, Optional.of("copies of stores on this instance or others to be complete"));
        }
        return new Readiness(true, Optional.empty());
    }

    private static boolean areRunning(Situation situation, boolean wasReady) {
        List<VersionId> failed = situation.forHere().stream()
                .filter(id -> situation.state(id) == VersionState.FAILED)
                .toList();
        boolean othersRun = situation.forHere().stream().map(situation::state).allMatch(state -> switch (state) {
            // What is lost is lost for every instance.
            case RUNNING, NEEDS_REPLAY, FAILED, POSITION_LOST -> true;
            case STARTING, REBALANCING, STOPPED -> false;
        });
        boolean isFailureBorne = failed.isEmpty()
                || (failed.size() < situation.forHere().size()
                        && (wasReady || failed.stream().allMatch(id -> failsElsewhere(situation, id))));
        return othersRun && isFailureBorne;
    }

    /** Then it is not for what is new about this instance, and keeping it out of service would help nobody. */
    private static boolean failsElsewhere(Situation situation, VersionId version) {
        return situation.others().stream()
                .flatMap(report -> Fleet.of(report, version).stream())
                .anyMatch(report -> report.getState().equals(VersionState.FAILED.name()));
    }

    private static boolean areCopiesComplete(Situation situation) {
        if (situation.fleet().size() < 2) {
            return true;
        }
        return situation.incompleteCopies().entrySet().stream()
                        .filter(version -> situation.active().contains(version.getKey()))
                        .allMatch(version -> version.getValue().orElse(1) == 0)
                && situation.fleet().stream()
                        .flatMap(report -> report.getVersions().stream())
                        .filter(version ->
                                situation.active().contains(new VersionId(version.getView(), version.getNumber())))
                        .allMatch(version -> version.getBehind() == 0);
    }
}
