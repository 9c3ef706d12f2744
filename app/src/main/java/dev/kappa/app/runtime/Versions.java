package dev.kappa.app.runtime;

import dev.kappa.app.alignment.AlignedClients;
import dev.kappa.app.alignment.AlignedInput;
import dev.kappa.app.alignment.Alignment;
import dev.kappa.app.config.ConfigurationException;
import dev.kappa.app.config.KappaConfig;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.SchemaRegistry;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.ClusterNames;
import dev.kappa.reprocessing.catalog.Definitions;
import dev.kappa.reprocessing.catalog.MatchedVersion;
import dev.kappa.reprocessing.catalog.Milestone;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.Schemas;
import dev.kappa.reprocessing.catalog.VersionId;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.fleet.Fleet;
import dev.kappa.reprocessing.replay.TopicPositions;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.InputSettings;
import dev.kappa.topologies.Serdes;
import dev.kappa.topologies.ViewTopology;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes what runs on this instance what the catalog says: starts each version whose fingerprint this build's definition
 * has, and stops what is over and deletes its local state. Versions are started on one thread; each is stopped on a thread
 * of its own, so that none waits for another.
 *
 * <p>Thread-safe.
 */
public final class Versions implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Versions.class);
    private static final Duration TICK = Duration.ofSeconds(1);
    private static final Duration RETRY = Duration.ofSeconds(10);

    /** How far partitions may be read apart where a version would bear more. */
    private static final Duration MOST_SKEW = Duration.ofDays(100);

    /** What is kept free of a record's bytes for the headers that operators add. */
    private static final int ROOM_FOR_HEADERS = 16 << 10;

    /** What a version is on this instance. */
    private sealed interface Standing {
        String state();

        record Run(VersionRunner runner) implements Standing {
            @Override
            public String state() {
                return runner.state().name();
            }
        }

        /** About to be started. */
        record Starting() implements Standing {
            @Override
            public String state() {
                return "STARTING";
            }
        }

        /** Could not be started; tried again after a while. */
        record Failed(String reason, long atNanos) implements Standing {
            @Override
            public String state() {
                return VersionRunner.State.FAILED.name();
            }
        }

        /** This build's definition makes another version; left to instances that match. */
        record Unmatched(List<String> differences) implements Standing {
            @Override
            public String state() {
                return "NEEDS_REPLAY";
            }
        }

        /** Being stopped and its state deleted. */
        record Stopping() implements Standing {
            @Override
            public String state() {
                return VersionRunner.State.STOPPED.name();
            }
        }
    }

    private final KappaConfig config;
    private final ClusterNames names;
    private final Definitions definitions;
    private final Admin admin;
    private final TopicPositions positions;
    private final SchemaRegistry registry;
    private final Serdes serdes;
    private final StreamsSettings settings;
    private final Topics topics;
    private final ViewMetrics metrics;
    private final Runnable changed;
    private final Runnable news;

    private final Map<VersionId, Standing> standings =
            new ConcurrentSkipListMap<>(Comparator.comparing(VersionId::view).thenComparingInt(VersionId::number));
    private final Thread thread = Thread.ofPlatform().name("kappa-versions").unstarted(this::work);
    private final Object work = new Object();
    private Catalog wanted = Catalog.EMPTY;
    private boolean wantedIsNew;
    private volatile boolean closing;

    /**
     * Runs nothing yet.
     *
     * @param changed told when something was started or stopped
     * @param news told when others should hear where input partitions stand
     */
    Versions(
            KappaConfig config,
            ClusterNames names,
            Definitions definitions,
            Admin admin,
            TopicPositions positions,
            SchemaRegistry registry,
            Serdes serdes,
            StreamsSettings settings,
            Topics topics,
            ViewMetrics metrics,
            Runnable changed,
            Runnable news) {
        this.config = config;
        this.names = names;
        this.definitions = definitions;
        this.admin = admin;
        this.positions = positions;
        this.registry = registry;
        this.serdes = serdes;
        this.settings = settings;
        this.topics = topics;
        this.metrics = metrics;
        this.changed = changed;
        this.news = news;
    }

    /**
     * Begins, with the catalog as it is.
     */
    void start(Catalog catalog) {
        reconcile(catalog);
        thread.start();
    }

    /** What runs is to become what this catalog says. Returns at once. */
    void want(Catalog catalog) {
        synchronized (work) {
            wanted = catalog;
            wantedIsNew = true;
            work.notifyAll();
        }
    }

    /** The runner of a version, if it is run here. */
    public Optional<VersionRunner> runner(VersionId id) {
        return standings.get(id) instanceof Standing.Run run ? Optional.of(run.runner()) : Optional.empty();
    }

    /** All versions run here. */
    public List<VersionRunner> runners() {
        return standings.values().stream()
                .filter(Standing.Run.class::isInstance)
                .map(standing -> ((Standing.Run) standing).runner())
                .toList();
    }

    /** Whether this instance is to run a version that is run somewhere. */
    public boolean isForHere(ViewVersion version) {
        return standings.containsKey(version.id())
                || config.pool().begins(version.id().view(), version.phase());
    }

    /** What this instance does with each version that it knows of and that has left something here. */
    public Map<VersionId, String> states() {
        var states = new LinkedHashMap<VersionId, String>();
        standings.forEach((id, standing) -> states.put(id, standing.state()));
        return states;
    }

    /** Why this instance does not run a version, if there is more to say than its state. */
    public Optional<String> detail(VersionId id) {
        return switch (standings.get(id)) {
            case Standing.Failed failed -> Optional.of(failed.reason());
            case Standing.Unmatched unmatched -> Optional.of(String.join("; ", unmatched.differences()));
            case Standing.Run run
            when !run.runner().failure().isEmpty() -> Optional.of(run.runner().failure());
            case Standing.Run _, Standing.Starting _, Standing.Stopping _ -> Optional.empty();
            case null -> Optional.empty();
        };
    }

    private void work() {
        while (!closing) {
            try {
                Catalog next;
                synchronized (work) {
                    if (!wantedIsNew) {
                        work.wait(TICK.toMillis());
                    }
                    wantedIsNew = false;
                    next = wanted;
                }
                if (!closing && next.epoch() > 0) {
                    reconcile(next);
                }
            } catch (InterruptedException | InterruptException stopping) {
                return;
            } catch (RuntimeException e) {
                log.error("Versions could not all be started or stopped; trying again", e);
            }
        }
    }

    private void reconcile(Catalog catalog) {
        synchronized (work) {
            if (wanted.epoch() < catalog.epoch()) {
                wanted = catalog;
            }
        }
        for (ViewVersion version : catalog.versions()) {
            if (catalog.unreadable().containsKey(version.id().view())) {
                // What runs goes on; nothing is begun or ended on the word of a catalog that cannot be read.
                continue;
            }
            try {
                reconcile(version, catalog);
            } catch (InterruptException stopping) {
                throw stopping;
            } catch (RuntimeException | LinkageError e) {
                // The others are not to suffer; it is tried again.
                log.error(
                        "Version could not be started or stopped; trying again: view={} version={}",
                        version.id().view(),
                        version.id().number(),
                        e);
            }
        }
    }

    private void reconcile(ViewVersion version, Catalog catalog) {
        Standing standing = standings.get(version.id());
        if (version.phase().isRun()) {
            if (!isForHere(version)) {
                return;
            }
            if (standing == null || standing instanceof Standing.Starting || isToRetry(standing)) {
                begin(version, catalog);
            } else if (standing instanceof Standing.Run run) {
                run.runner().adopt(version);
            }
        } else if (standing instanceof Standing.Run run) {
            end(version, run.runner());
        } else if (!(standing instanceof Standing.Stopping)) {
            standings.remove(version.id());
            if (version.phase().isOver()) {
                deleteState(version.id());
            }
        }
    }

    private static boolean isToRetry(@Nullable Standing standing) {
        return standing instanceof Standing.Failed failed && System.nanoTime() - failed.atNanos() > RETRY.toNanos();
    }

    private void begin(ViewVersion version, Catalog catalog) {
        Optional<MatchedVersion> matched = definitions.match(version);
        if (matched.isEmpty()) {
            List<String> differences = definitions.differences(version);
            log.warn(
                    "Version is left to instances with other code; this build's definition is different: view={} version={} differences=\"{}\"",
                    version.id().view(),
                    version.id().number(),
                    String.join("; ", differences));
            standings.put(version.id(), new Standing.Unmatched(differences));
            return;
        }
        // Said before anything is made, so that nobody takes down what is about to be used.
        standings.put(version.id(), new Standing.Starting());
        try {
            requireSchemas(matched.get());
            topics.prepare(List.of(matched.get()));
            VersionRunner runner = runner(matched.get(), catalog);
            log.info(
                    "Starting version: view={} version={} phase={} parameters={} output={}",
                    version.id().view(),
                    version.id().number(),
                    version.phase(),
                    version.blueprint().values(),
                    names.outputTopic(version.id()));
            standings.put(version.id(), new Standing.Run(startedWithSoundState(runner, matched.get(), catalog)));
            Milestone.INSTANCE_STARTS_VERSION.passed();
            changed.run();
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        } catch (ConfigurationException | ExecutionException | KafkaException | LinkageError e) {
            String reason = String.valueOf(
                    e instanceof ExecutionException && e.getCause() != null
                            ? e.getCause()
                            : e instanceof LinkageError ? e : e.getMessage());
            log.error(
                    "Version cannot be started here; trying again in {} s: view={} version={} failure=\"{}\"",
                    RETRY.toSeconds(),
                    version.id().view(),
                    version.id().number(),
                    reason);
            standings.put(version.id(), new Standing.Failed(reason, System.nanoTime()));
            changed.run();
        }
    }

    /**
     * Starts a version. Kafka Streams opens the stores that are on disk first, and does not start when one is damaged: that
     * task's directory is deleted then, and the task restored from its changelogs.
     */
    private VersionRunner startedWithSoundState(VersionRunner runner, MatchedVersion version, Catalog catalog) {
        VersionRunner next = runner;
        while (true) {
            try {
                next.start();
                return next;
            } catch (KafkaException e) {
                next.close();
                Path directory = config.stateDir()
                        .resolve(names.applicationId(version.version().id()));
                Optional<Path> damaged = DamagedState.taskDirectory(e, directory);
                if (damaged.isEmpty() || !Files.exists(damaged.get())) {
                    throw e;
                }
                log.warn(
                        "Local state of a task is damaged; it is deleted and restored: view={} version={} directory={} failure=\"{}\"",
                        version.version().id().view(),
                        version.version().id().number(),
                        damaged.get(),
                        e.toString());
                delete(damaged.get());
                next = runner(version, catalog);
            }
        }
    }

    private VersionRunner runner(MatchedVersion version, Catalog catalog) {
        var throttle = new Throttle();
        int maxBytes = config.topics().maxMessageBytes();
        var progress = new EventTimeProgress(
                throttle,
                config.alignment().enabled(),
                partitions(version),
                maxBytes - ROOM_FOR_HEADERS,
                new InputProblems(version.id()));
        var built = ViewTopology.build(
                version.definition(), version.parameters(), names.outputTopic(version.id()), serdes, progress);
        var deadLetters = new DeadLetters(
                version.id(),
                names.deadLetterTopic(version.id().view()),
                maxBytes,
                skippingOtherTypes(version),
                progress.records());
        boolean replay = version.version().phase().isUnderWay();
        var runner = new VersionRunner(
                version,
                built.topology(),
                settings.of(version.id(), deadLetters, threads(catalog, replay), replay),
                progress,
                throttle,
                config.alignment().enabled()
                        ? Optional.of(alignedClients(version, built.maxSkew(), progress))
                        : Optional.empty(),
                deadLetters,
                new StorePartitions(admin, names, version.id()),
                new CopyProgress((store, partition, from, to) ->
                        hasRecords(new TopicPartition(names.changelogTopic(version.id(), store), partition), from, to)),
                metrics);
        runner.adopt(version.version());
        return runner;
    }

    private void requireSchemas(MatchedVersion version) {
        RegistryConnection.requireRegistered(
                registry,
                AvroSerdeConfig.from(config.kafka()),
                Schemas.of(version.version().id(), version.definition(), version.parameters(), names));
    }

    private Map<String, Integer> partitions(MatchedVersion version) {
        return version.definition().inputs().stream()
                .map(Input::topic)
                .distinct()
                .collect(Collectors.toMap(
                        topic -> topic,
                        topic -> positions.partitions(List.of(topic)).size()));
    }

    private static Set<String> skippingOtherTypes(MatchedVersion version) {
        return version.definition().inputs().stream()
                .map(input -> version.parameters().input(input))
                .filter(input -> input.settings().otherTypes() == InputSettings.OtherTypes.SKIP)
                .map(Input::topic)
                .collect(Collectors.toSet());
    }

    /** Whether there are records; while a transaction is open, there may be. */
    private boolean hasRecords(TopicPartition partition, long from, long to) {
        long stable = positions
                .offsets(List.of(partition), OffsetSpec.latest(), IsolationLevel.READ_COMMITTED)
                .getOrDefault(partition, 0L);
        return stable < to || positions.hasRecords(partition, from, to);
    }

    /** Names the repartition topic of an input on the cluster. */
    private UnaryOperator<String> rekeyed(MatchedVersion version) {
        return topic -> names.internalTopic(version.id(), ViewTopology.rekeyedTopic(topic));
    }

    private AlignedClients alignedClients(MatchedVersion version, Duration maxSkew, EventTimeProgress progress) {
        Duration derived = maxSkew.dividedBy(2);
        Duration bound = config.alignment().maxSkew().orElse(derived.compareTo(MOST_SKEW) < 0 ? derived : MOST_SKEW);
        if (bound.compareTo(maxSkew) > 0) {
            log.warn(
                    "Partitions may be read further apart than the version bears, and results may be lost: view={} version={} maxSkew={} bears={} (see kappa.alignment.max-skew)",
                    version.id().view(),
                    version.id().number(),
                    bound,
                    maxSkew);
        }
        var clients = new AlignedClients(
                new Alignment(bound, config.alignment().idleTimeout()),
                () -> AlignedInput.of(version.definition(), version.parameters(), serdes, progress, rekeyed(version)),
                settings.commitInterval().orElse(Duration.ZERO),
                news);
        progress.commits(clients::isBehind, clients::commitInterval);
        return clients;
    }

    /** What another instance has said of where its partitions stand. */
    void hear(InstanceReport report) {
        for (VersionRunner runner : runners()) {
            Fleet.of(report, runner.version().id())
                    .ifPresent(
                            said -> runner.alignment().ifPresent(alignment -> alignment.elsewhere(Positions.of(said))));
        }
    }

    /** An equal share of the budget, and one at least. Fixed while a version runs: a change would move its tasks. */
    private int threads(Catalog catalog, boolean replay) {
        long sharing = replay
                ? catalog.versions().stream()
                        .filter(version ->
                                version.phase().isUnderWay() && version.phase().isRun())
                        .count()
                : catalog.versions().stream()
                        .filter(version -> version.phase() == Phase.ACTIVE)
                        .count();
        int budget = replay ? config.replayThreads() : config.threads();
        return Math.max(1, (int) (budget / Math.max(1, sharing)));
    }

    private void end(ViewVersion version, VersionRunner runner) {
        standings.put(version.id(), new Standing.Stopping());
        Thread.ofPlatform().name("kappa-stop-" + version.id()).start(() -> {
            Milestone.INSTANCE_STOPS_VERSION.passed();
            try {
                runner.leave();
                Milestone.INSTANCE_STOPPED_VERSION.passed();
                if (version.phase().isOver()) {
                    deleteState(version.id());
                }
            } catch (RuntimeException e) {
                log.error(
                        "Version was not stopped cleanly: view={} version={}",
                        version.id().view(),
                        version.id().number(),
                        e);
            }
            // When deleting failed, the next turn tries again.
            standings.remove(version.id());
            changed.run();
        });
    }

    /** Deletes what a version that is over has left in the state directory: the one directory of exactly its name. */
    private void deleteState(VersionId id) {
        Path directory = config.stateDir().resolve(names.applicationId(id));
        if (!Files.exists(directory)) {
            return;
        }
        delete(directory);
        log.info("Deleted local state: view={} version={}", id.view(), id.number());
        Milestone.INSTANCE_DELETED_STATE.passed();
    }

    private static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Stops all versions, side by side, and leaves their state for the next start. Where others have copies of the stores, they
     * take over at once; where they have not, the tasks wait for this instance to come back, until the session expires.
     */
    @Override
    public void close() {
        closing = true;
        Threads.stop(thread);
        var threads = new ArrayList<Thread>();
        for (VersionRunner runner : runners()) {
            threads.add(Thread.ofPlatform().start(config.standbys() > 0 ? runner::leave : runner::close));
        }
        threads.forEach(Threads::join);
    }
}
