package dev.kappa.app.version;

import dev.kappa.reprocessing.background.BackgroundLoop;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.CatalogChange;
import dev.kappa.reprocessing.catalog.ConflictException;
import dev.kappa.reprocessing.catalog.CrashPoint;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.replay.CatchUp;
import dev.kappa.reprocessing.replay.PositionCheck;
import dev.kappa.reprocessing.replay.Progress;
import dev.kappa.reprocessing.replay.Replays;
import dev.kappa.topologies.input.InputProblem;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records in the catalog what this instance finds out about versions: that a replay has caught up, what is wrong with inputs, and
 * which of their records were deleted before they were read. Every instance watches; the catalog accepts the first.
 */
public final class ReplayMonitor {

    private static final Logger log = LoggerFactory.getLogger(ReplayMonitor.class);
    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final Duration POSITIONS_INTERVAL = Duration.ofSeconds(10);
    private static final BackgroundLoop.Messages MESSAGES =
            new BackgroundLoop.Messages("Replays cannot be watched; trying again", "Replays are watched again");

    private final Supplier<Catalog> catalog;
    private final VersionSupervisor versions;
    private final Replays replays;
    private final CatalogChange.Operator self;
    private final InstantSource clock;
    private final PositionGuard guard;
    private final Map<VersionId, CatchUp> watched = new HashMap<>();
    private Instant positionsChecked = Instant.MIN;

    public ReplayMonitor(
            Supplier<Catalog> catalog,
            VersionSupervisor versions,
            Replays replays,
            PositionGuard guard,
            CatalogChange.Operator self,
            InstantSource clock) {
        this.catalog = catalog;
        this.versions = versions;
        this.replays = replays;
        this.guard = guard;
        this.self = self;
        this.clock = clock;
    }

    /** The loop that watches; it has not been started. */
    public BackgroundLoop loop() {
        return new BackgroundLoop("kappa-catch-up", INTERVAL, MESSAGES, _ -> check(catalog.get()));
    }

    private void check(Catalog seen) {
        recordInputProblems(seen);
        checkPositions(seen);
        List<ViewVersion> replaying = seen.versions().stream()
                .filter(version -> version.phase() == Phase.REPLAYING)
                .filter(version -> !seen.unreadable().containsKey(version.id().view()))
                .filter(version -> versions.runner(version.id()).isPresent())
                .toList();
        watched.keySet().retainAll(replaying.stream().map(ViewVersion::id).toList());
        for (ViewVersion version : replaying) {
            try {
                check(seen, version);
            } catch (InterruptException stopping) {
                throw stopping;
            } catch (ConflictException otherWasFirst) {
                log.debug("Another instance was first: reason=\"{}\"", otherWasFirst.getMessage());
            } catch (KafkaException | RefusedException e) {
                log.warn(
                        "Cannot determine whether a replay has caught up; trying again: view={} version={} reason=\"{}\"",
                        version.id().view(),
                        version.id().number(),
                        e.toString());
            }
        }
    }

    /** Also of versions that no instance runs: what is deleted now is missing when one does. */
    private void checkPositions(Catalog seen) {
        Instant now = clock.instant();
        if (now.isBefore(positionsChecked.plus(POSITIONS_INTERVAL))) {
            return;
        }
        positionsChecked = now;
        for (ViewVersion version : seen.versions()) {
            if (version.phase().isRun()
                    && !seen.unreadable().containsKey(version.id().view())) {
                try {
                    checkPositions(seen, version);
                } catch (InterruptException stopping) {
                    throw stopping;
                } catch (ConflictException | RefusedException | KafkaException e) {
                    log.debug("Not checked or recorded now: reason=\"{}\"", e.toString());
                }
            }
        }
    }

    private void checkPositions(Catalog seen, ViewVersion version) {
        PositionCheck check = replays.positions().check(version);
        guard.checked(version, check);
        List<ViewVersion.FoundProblem> added = check.added().stream()
                .map(TopicPartition::topic)
                .distinct()
                .filter(topic -> !version.hasProblem(topic, InputProblem.PARTITIONS_ADDED))
                .map(topic -> new ViewVersion.FoundProblem(
                        topic,
                        InputProblem.PARTITIONS_ADDED,
                        "the version reads " + check.known().get(topic) + " partitions"))
                .toList();
        if (!added.isEmpty()) {
            added.forEach(problem -> log.warn(
                    "Partitions were added to an input; the version continues without them: view={} version={} topic={} remedy=\"{}\"",
                    version.id().view(),
                    version.id().number(),
                    problem.topic(),
                    problem.problem().remedy(version.id().view(), problem.topic())));
            replays.found(seen, version.id(), added, self);
        }
    }

    /** Input problems are kept in the catalog: reads depend on them after a restart, too. */
    private void recordInputProblems(Catalog seen) {
        for (ViewVersion version : seen.versions()) {
            List<ViewVersion.FoundProblem> found =
                    versions.runner(version.id()).map(VersionRunner::inputProblems).orElse(List.of()).stream()
                            .filter(problem -> !version.hasProblem(problem.topic(), problem.problem()))
                            .toList();
            if (!found.isEmpty() && version.phase().isRun()) {
                try {
                    replays.found(seen, version.id(), found, self);
                } catch (ConflictException | RefusedException | KafkaException e) {
                    log.debug("Not recorded now: reason=\"{}\"", e.toString());
                }
            }
        }
    }

    private void check(Catalog seen, ViewVersion version) {
        Progress progress = replays.progress(version, List.of());
        CatchUp catchUp = watched.computeIfAbsent(version.id(), _ -> new CatchUp(replays.maxLag()));
        if (catchUp.observe(progress, clock.instant())) {
            CrashPoint.INSTANCE_BEFORE_CAUGHT_UP.passed();
            replays.caughtUp(seen, version.id(), self);
        }
    }
}
