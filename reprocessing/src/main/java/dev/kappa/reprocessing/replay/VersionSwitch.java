package dev.kappa.reprocessing.replay;

import dev.kappa.catalog.InstanceReport;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.CatalogChange;
import dev.kappa.reprocessing.catalog.CatalogWriter;
import dev.kappa.reprocessing.catalog.CrashPoint;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.Transition;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.fleet.Fleet;
import dev.kappa.topologies.input.InputProblem;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Switches readers from one version to another. Thread-safe. */
final class VersionSwitch {

    /** How long the fleet gets to follow a change. */
    private static final Duration FLEET_PATIENCE = Duration.ofSeconds(60);

    private final CatalogWriter writer;
    private final ProgressReader progresses;
    private final long maxLag;
    private final Supplier<Fleet> fleets;

    /**
     * Switches nothing yet.
     *
     * @param fleets makes a view of the instances that are alive
     */
    VersionSwitch(CatalogWriter writer, ProgressReader progresses, long maxLag, Supplier<Fleet> fleets) {
        this.writer = writer;
        this.progresses = progresses;
        this.maxLag = maxLag;
        this.fleets = fleets;
    }

    /**
     * Readers get another version from now on. Returns when every instance that is alive has seen it.
     *
     * @param catalog what the decision is based on
     * @param force whether it may be a version that has not caught up, or that no instance runs
     */
    Replays.Switched switchTo(Catalog catalog, VersionId id, boolean force, CatalogChange.Operator by, String command) {
        VersionChoice.versions(catalog, id.view());
        try (Fleet fleet = fleets.get()) {
            List<InstanceReport> alive = fleet.alive();
            if (!force) {
                catalog.version(id)
                        .filter(version -> version.phase() == Phase.CAUGHT_UP || version.phase() == Phase.STANDBY)
                        .ifPresent(version -> requireFit(version, alive));
            }
            CrashPoint.BEFORE_SWITCH.passed();
            Optional<VersionId> before = catalog.active(id.view()).map(ViewVersion::id);
            long begun = System.nanoTime();
            Catalog after = writer.change(id.view(), catalog.epoch(), by, command, Transition.switchTo(id, force));
            CrashPoint.SWITCHED.passed();
            List<InstanceReport> unseen = awaitEpoch(fleet, after.epoch());
            Duration took = Duration.ofNanos(System.nanoTime() - begun);
            List<String> seen = fleet.poll(Duration.ZERO).stream()
                    .filter(instance -> instance.getEpoch() >= after.epoch())
                    .map(InstanceReport::getAdvertised)
                    .toList();
            return new Replays.Switched(
                    id,
                    before,
                    after.epoch(),
                    took,
                    seen,
                    unseen.stream().map(InstanceReport::getAdvertised).toList());
        }
    }

    private void requireFit(ViewVersion version, List<InstanceReport> alive) {
        if (!version.gaps().isEmpty()) {
            throw new RefusedException(version.id() + " is incomplete since "
                    + version.gaps().getFirst().foundAt()
                    + ": records were deleted before it had read them: "
                    + version.gaps().stream().map(ViewVersion.Gap::text).collect(Collectors.joining("; "))
                    + ". Start a replay (kappa replay start " + version.id().view()
                    + "), or switch anyway with --force.");
        }
        if (version.hasLostResults()) {
            throw new RefusedException(version.id() + " is incomplete: "
                    + InputProblem.READ_TOO_FAR_APART.text() + ". Start a replay (kappa replay start "
                    + version.id().view() + "), or switch anyway with --force.");
        }
        if (alive.stream()
                .flatMap(instance -> Fleet.of(instance, version.id()).stream())
                .noneMatch(report -> report.getState().equals("RUNNING"))) {
            throw new RefusedException("No instance that is alive runs " + version.id()
                    + " at the moment, so readers would get no answers. Wait until one does (kappa replay status "
                    + version.id().view() + "), or switch anyway with --force.");
        }
        Progress progress = progresses.of(version, alive);
        if (!progress.isWithin(maxLag)) {
            throw new RefusedException(version.id() + " has fallen behind: " + progress.lag()
                    + " input records have not been read. Wait for it with kappa replay watch "
                    + version.id().view() + ", or switch anyway with --force.");
        }
    }

    /** The instances that are alive and have not seen an epoch when the patience ends. */
    private static List<InstanceReport> awaitEpoch(Fleet fleet, long epoch) {
        List<InstanceReport> behind = List.of();
        long begun = System.nanoTime();
        while (System.nanoTime() - begun < FLEET_PATIENCE.toNanos()) {
            behind = fleet.poll(Duration.ofMillis(100)).stream()
                    .filter(instance -> instance.getEpoch() < epoch)
                    .toList();
            if (behind.isEmpty()) {
                return behind;
            }
        }
        return behind;
    }
}
