package dev.kappa.app.version;

import dev.kappa.app.alignment.MissingOffsets.PositionLostException;
import dev.kappa.app.config.ConfigurationException;
import dev.kappa.app.config.KappaConfig;
import dev.kappa.app.topics.TopicManager;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.catalog.VersionReport;
import dev.kappa.reprocessing.background.BackgroundLoop;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.CrashPoint;
import dev.kappa.reprocessing.catalog.Definitions;
import dev.kappa.reprocessing.catalog.MatchedVersion;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.Schemas;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.fleet.Fleet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes what runs on this instance what the catalog says: makes a {@link VersionPlan} for each catalog and once a second, and
 * carries it out. Versions are started on one thread; each is stopped on a thread of its own, so that none waits for another.
 *
 * <p>Thread-safe.
 */
public final class VersionSupervisor implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(VersionSupervisor.class);
    private static final Duration INTERVAL = Duration.ofSeconds(1);

    private static final Comparator<VersionId> BY_VIEW_AND_NUMBER =
            Comparator.comparing(VersionId::view).thenComparingInt(VersionId::number);

    private final KappaConfig config;
    private final ClusterNames names;
    private final Definitions definitions;
    private final RequiredSchemas schemas;
    private final TopicManager topics;
    private final PositionGuard positions;
    private final VersionFactory factory;
    private final Runnable onChange;
    private final LocalState localState;
    private final Leftovers leftovers;
    private final Map<VersionId, LocalVersion> versions = new ConcurrentSkipListMap<>(BY_VIEW_AND_NUMBER);
    private final BackgroundLoop loop;
    private volatile Catalog wanted = Catalog.EMPTY;

    /**
     * Runs nothing yet.
     *
     * @param onRemoved deletes topics and group of a version that has been removed, as far as there are any
     * @param onChange called when a version was started or stopped
     */
    public VersionSupervisor(
            KappaConfig config,
            ClusterNames names,
            Definitions definitions,
            RequiredSchemas schemas,
            TopicManager topics,
            PositionGuard positions,
            VersionFactory factory,
            Consumer<VersionId> onRemoved,
            Runnable onChange) {
        this.config = config;
        this.names = names;
        this.definitions = definitions;
        this.schemas = schemas;
        this.topics = topics;
        this.positions = positions;
        this.factory = factory;
        this.onChange = onChange;
        this.leftovers = new Leftovers(onRemoved);
        this.localState = new LocalState(config.stateDir(), names);
        this.loop = new BackgroundLoop(
                "kappa-versions",
                INTERVAL,
                new BackgroundLoop.Messages(
                        "Versions cannot be started or stopped; trying again",
                        "Versions are started and stopped again"),
                _ -> reconcile());
    }

    /** Begins: carries out a first plan before it returns. */
    public void start(Catalog catalog) {
        apply(catalog);
        reconcile();
        loop.start();
    }

    /** Makes this catalog the one that says what runs, unless a newer one does. Returns at once. */
    public void apply(Catalog catalog) {
        synchronized (this) {
            if (catalog.epoch() < wanted.epoch()) {
                return;
            }
            wanted = catalog;
        }
        loop.wakeUp();
    }

    public BackgroundLoop loop() {
        return loop;
    }

    /**
     * A loop that measures, once a second, how far copies of stores on this instance lag behind; it has not been started.
     *
     * @param isNeeded whether anybody asks
     */
    public BackgroundLoop replicaLagLoop(BooleanSupplier isNeeded) {
        return new BackgroundLoop(
                "kappa-copies",
                INTERVAL,
                new BackgroundLoop.Messages(
                        "Lag of store copies cannot be measured; trying again",
                        "Lag of store copies is measured again"),
                _ -> {
                    if (isNeeded.getAsBoolean()) {
                        measureReplicaLag();
                    }
                });
    }

    private void measureReplicaLag() {
        for (VersionRunner runner : runners()) {
            try {
                runner.sampleCopies();
            } catch (InterruptException closing) {
                throw closing;
            } catch (KafkaException | IllegalStateException e) {
                // The last measurement is kept, and its age grows.
                log.debug("Lag of store copies was not measured: failure=\"{}\"", e.toString());
            }
        }
    }

    /** The runner of a version, if it is run here. */
    public Optional<VersionRunner> runner(VersionId id) {
        return versions.get(id) instanceof LocalVersion.Run run ? Optional.of(run.runner()) : Optional.empty();
    }

    /** All versions that are run here. */
    public List<VersionRunner> runners() {
        return versions.values().stream()
                .filter(LocalVersion.Run.class::isInstance)
                .map(version -> ((LocalVersion.Run) version).runner())
                .toList();
    }

    /** Whether this instance runs a version, or is to run it. */
    public boolean isForHere(ViewVersion version) {
        return versions.containsKey(version.id())
                || config.pool().begins(version.id().view(), version.phase());
    }

    /** The states of the versions that this instance has something to do with, by view and number. */
    public Map<VersionId, VersionState> states() {
        var states = new TreeMap<VersionId, VersionState>(BY_VIEW_AND_NUMBER);
        versions.forEach((id, version) -> states.put(id, version.state()));
        return states;
    }

    /** Why a version is in the state it is in here, if there is more to say. */
    public Optional<String> detail(VersionId id) {
        return Optional.ofNullable(versions.get(id)).flatMap(LocalVersion::detail);
    }

    /** Partitions of the stores of each active version that runs here, in the whole fleet. */
    public Map<VersionId, Integer> partitionsOfActiveVersions() {
        return runners().stream()
                .filter(runner -> runner.phase() == Phase.ACTIVE && runner.state() == VersionState.RUNNING)
                .collect(Collectors.toMap(runner -> runner.version().id(), VersionRunner::storePartitions));
    }

    /** The report of this instance. */
    public InstanceReport report(String id, String advertised, long epoch, boolean isLeaving) {
        var reports = new ArrayList<VersionReport>();
        versions.forEach((version, local) -> reports.add(VersionReports.of(version, local, runner(version))));
        return new InstanceReport(
                id,
                advertised,
                config.pool().name(),
                epoch,
                false,
                config.tls().isPresent() ? "https" : "http",
                isLeaving,
                reports);
    }

    /** Takes over how far another instance reports its input partitions to be. */
    public void applyReport(InstanceReport report) {
        for (VersionRunner runner : runners()) {
            Fleet.of(report, runner.version().id())
                    .ifPresent(said -> runner.alignment()
                            .ifPresent(alignment ->
                                    alignment.elsewhere(VersionReports.positions(said), System.currentTimeMillis())));
        }
    }

    private final VersionPlan.Build build = new VersionPlan.Build() {
        @Override
        public Optional<MatchedVersion> match(ViewVersion version) {
            return definitions.match(version);
        }

        @Override
        public List<String> differences(ViewVersion version) {
            return definitions.differences(version);
        }
    };

    private void reconcile() {
        Catalog catalog = wanted;
        leftovers.check(catalog);
        long now = System.nanoTime();
        Map<VersionId, VersionPlan.Standing> here = versions.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        version -> version.getValue()
                                .standing(
                                        now,
                                        catalog.version(version.getKey())
                                                .map(ViewVersion::restarts)
                                                .orElse(0))));
        VersionPlan plan = VersionPlan.of(catalog, here, this::isForHere, localState::exists, build);
        for (VersionPlan.Action action : plan.actions()) {
            try {
                carryOut(action, catalog);
            } catch (InterruptException closing) {
                throw closing;
            } catch (RuntimeException | LinkageError e) {
                // Other versions continue; the next plan tries again.
                log.error(
                        "Version could not be started or stopped; trying again: view={} version={}",
                        action.id().view(),
                        action.id().number(),
                        e);
            }
        }
    }

    private void carryOut(VersionPlan.Action action, Catalog catalog) {
        switch (action) {
            case VersionPlan.Action.Start start -> start(start.version(), catalog);
            case VersionPlan.Action.LeaveToOthers leave -> leaveToOthers(leave.id(), leave.differences());
            case VersionPlan.Action.Fail fail ->
                cannotStart(fail.id(), VersionState.FAILED, String.valueOf(fail.reason()));
            case VersionPlan.Action.Update update ->
                runner(update.id()).ifPresent(runner -> runner.apply(update.version()));
            case VersionPlan.Action.Stop stop ->
                runner(stop.id()).ifPresent(runner -> stop(stop.id(), runner, stop.deletesState()));
            case VersionPlan.Action.Forget forget -> versions.remove(forget.id());
            case VersionPlan.Action.DeleteState delete -> {
                versions.remove(delete.id());
                deleteState(delete.id());
            }
        }
    }

    private void leaveToOthers(VersionId id, List<String> differences) {
        log.warn(
                "Version is not run by this instance; this build's definition differs: view={} version={} differences=\"{}\"",
                id.view(),
                id.number(),
                String.join("; ", differences));
        versions.put(id, new LocalVersion.Unmatched(differences));
    }

    private void start(MatchedVersion version, Catalog catalog) {
        VersionId id = version.version().id();
        // Reported before anything is created, so that no operator takes down what is about to be used.
        versions.put(id, new LocalVersion.Starting());
        try {
            schemas.require(Schemas.of(id, version.definition(), version.parameters(), names));
            topics.prepare(List.of(version));
            Map<String, Integer> partitions = positions.requirePositions(version.version());
            log.info(
                    "Starting version: view={} version={} phase={} parameters={} output={}",
                    id.view(),
                    id.number(),
                    version.version().phase(),
                    version.version().blueprint().values(),
                    names.outputTopic(id));
            versions.put(id, new LocalVersion.Run(factory.start(version, catalog, partitions, localState)));
            CrashPoint.INSTANCE_STARTS_VERSION.passed();
            onChange.run();
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        } catch (PositionLostException e) {
            cannotStart(id, VersionState.POSITION_LOST, String.valueOf(e.getMessage()));
        } catch (ConfigurationException | ExecutionException | KafkaException | LinkageError e) {
            String reason = String.valueOf(
                    e instanceof ExecutionException && e.getCause() != null
                            ? e.getCause()
                            : e instanceof LinkageError ? e : e.getMessage());
            cannotStart(id, VersionState.FAILED, reason);
        }
    }

    private void cannotStart(VersionId id, VersionState state, String reason) {
        log.error(
                "Version cannot be started here; trying again in {} s: view={} version={} failure=\"{}\"",
                LocalVersion.RETRY_INTERVAL.toSeconds(),
                id.view(),
                id.number(),
                reason);
        versions.put(id, new LocalVersion.Failed(reason, state, System.nanoTime()));
        onChange.run();
    }

    private void stop(VersionId id, VersionRunner runner, boolean deletesState) {
        VersionState state = runner.state();
        boolean isFailed = state == VersionState.FAILED || state == VersionState.POSITION_LOST;
        // A version that has failed keeps nobody from the others while it stops.
        versions.put(id, new LocalVersion.Stopping(isFailed ? state : VersionState.STOPPED));
        Thread.ofPlatform().daemon().name("kappa-stop-" + id).start(() -> {
            CrashPoint.INSTANCE_STOPS_VERSION.passed();
            try {
                runner.leave();
                CrashPoint.INSTANCE_STOPPED_VERSION.passed();
                // A thread that is still there holds the state, and could create topics of a removed version anew.
                runner.awaitEnd();
                if (deletesState) {
                    deleteState(id);
                }
            } catch (RuntimeException e) {
                // The next plan tries again to delete what was left.
                log.error("Version was not stopped cleanly: view={} version={}", id.view(), id.number(), e);
            }
            versions.remove(id);
            onChange.run();
        });
    }

    private void deleteState(VersionId id) {
        leftovers.stopped(id);
        if (localState.exists(id)) {
            localState.delete(id);
            log.info("Deleted local state: view={} version={}", id.view(), id.number());
            CrashPoint.INSTANCE_DELETED_STATE.passed();
        }
    }

    /**
     * Stops all versions, side by side, and leaves their state for the next start. Where others have copies of the stores, they
     * take over at once; where they have not, the tasks wait for this instance to come back, until the session expires.
     */
    @Override
    public void close() {
        loop.close();
        var threads = new ArrayList<Thread>();
        for (VersionRunner runner : runners()) {
            threads.add(Thread.ofPlatform().start(config.standbys() > 0 ? runner::leave : runner::close));
        }
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
