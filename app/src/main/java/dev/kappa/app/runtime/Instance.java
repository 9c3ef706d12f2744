package dev.kappa.app.runtime;

import dev.kappa.app.config.ConfigurationException;
import dev.kappa.app.config.KappaConfig;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.HttpSchemaRegistry;
import dev.kappa.avro.SchemaRegistry;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.catalog.VersionReport;
import dev.kappa.reprocessing.catalog.Blueprint;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.CatalogChange;
import dev.kappa.reprocessing.catalog.CatalogLog;
import dev.kappa.reprocessing.catalog.ClusterNames;
import dev.kappa.reprocessing.catalog.ConflictException;
import dev.kappa.reprocessing.catalog.Definitions;
import dev.kappa.reprocessing.catalog.KafkaSettings;
import dev.kappa.reprocessing.catalog.Milestone;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.RefusedException;
import dev.kappa.reprocessing.catalog.Schemas;
import dev.kappa.reprocessing.catalog.VersionId;
import dev.kappa.reprocessing.diff.OutputDiff;
import dev.kappa.reprocessing.fleet.Fleet;
import dev.kappa.reprocessing.fleet.Reporter;
import dev.kappa.reprocessing.publish.Publisher;
import dev.kappa.reprocessing.reader.ChangeFeed;
import dev.kappa.reprocessing.reader.ResultJson;
import dev.kappa.reprocessing.replay.ReplaySettings;
import dev.kappa.reprocessing.replay.Replays;
import dev.kappa.reprocessing.replay.TopicPositions;
import dev.kappa.topologies.ConfiguredSerdes;
import dev.kappa.topologies.Serdes;
import dev.kappa.topologies.ViewDefinition;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.event.ApplicationEventListener;
import io.micronaut.runtime.server.event.ServerStartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDB;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings this instance up and takes it down. In order: take the state directory, wait for Kafka, wait for the schema
 * registry, read the catalog, see to the topics, start the versions. The HTTP server is up before all that and says what
 * is waited for.
 *
 * <p>Thread-safe.
 */
@Singleton
public final class Instance implements ApplicationEventListener<ServerStartupEvent> {

    private static final Logger log = LoggerFactory.getLogger(Instance.class);

    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration HAND_OVER_PAUSE = Duration.ofMillis(200);

    /** What there is once an instance has started. */
    private record Started(
            String id,
            String advertised,
            CatalogFollower follower,
            Versions versions,
            Replays replays,
            FleetReports reports,
            OutputDiff diff,
            AppliedPositions applied,
            Function<ChangeFeed.Subject, ChangeFeed> changes) {}

    /** A step of the start that may have to wait for the cluster. */
    @FunctionalInterface
    private interface Step<T> {
        T run() throws ExecutionException, InterruptedException;
    }

    private final KappaConfig config;
    private final ClusterNames names;
    private final Definitions definitions;
    private final ViewMetrics metrics;
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private final List<AutoCloseable> resources = new ArrayList<>();
    private volatile @Nullable Started started;
    private volatile String waitingFor = "its own start";
    private volatile boolean leaving;
    private volatile boolean stopping;
    private final CompletableFuture<String> advertised = new CompletableFuture<>();
    private @Nullable Thread starter;
    private final long startedAt = System.nanoTime();

    Instance(KappaConfig config, ClusterNames names, Definitions definitions, MeterRegistry meters) {
        this.metrics = new ViewMetrics(meters);
        this.config = config;
        this.names = names;
        this.definitions = definitions;
    }

    /** What the start is waiting for; empty once the versions are started. */
    public Optional<String> waitingFor() {
        return started == null ? Optional.of(waitingFor) : Optional.empty();
    }

    /**
     * The catalog as this instance knows it.
     *
     * @throws NotAvailableException while starting
     */
    public Catalog catalog() {
        return started().follower().catalog();
    }

    /**
     * The catalog, once it is at an epoch at least, or as it is when the time is up.
     *
     * @throws NotAvailableException while starting
     */
    public Catalog catalog(long epoch, Duration timeout) {
        try {
            return started().follower().await(epoch, timeout);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    /**
     * Where other instances reach this one, as {@code host:port}.
     *
     * @throws NotAvailableException while starting
     */
    public String advertised() {
        return started().advertised();
    }

    /**
     * What runs here.
     *
     * @throws NotAvailableException while starting
     */
    public Versions versions() {
        return started().versions();
    }

    /**
     * The operations on versions.
     *
     * @throws NotAvailableException while starting
     */
    public Replays replays() {
        return started().replays();
    }

    /**
     * Compares outputs of versions.
     *
     * @throws NotAvailableException while starting
     */
    public OutputDiff diff() {
        return started().diff();
    }

    /**
     * Tells when a version has applied what was written.
     *
     * @throws NotAvailableException while starting
     */
    public AppliedPositions applied() {
        return started().applied();
    }

    /**
     * A feed of a view's changes, which is the caller's to close.
     *
     * @throws NotAvailableException while starting
     */
    public ChangeFeed changes(ChangeFeed.Subject subject) {
        return started().changes().apply(subject);
    }

    /**
     * The instances that are alive, as last heard.
     *
     * @throws NotAvailableException while starting
     */
    public List<InstanceReport> fleet() {
        return started().reports().alive();
    }

    private Started started() {
        Started now = started;
        if (now == null) {
            throw new NotAvailableException("This instance is starting and waits for " + waitingFor);
        }
        return now;
    }

    /**
     * Completes when the instance has stopped; with the reason if it could not start.
     */
    public CompletableFuture<Void> end() {
        return end.copy();
    }

    /** Begins to connect to the cluster, while the HTTP server is still to come. Called once. */
    public void connect() {
        starter = Thread.ofPlatform().name("kappa-start").start(this::start);
        // Takes as long as to connect does.
        Thread.ofPlatform().daemon().name("kappa-load").start(RocksDB::loadLibrary);
    }

    @Override
    public void onApplicationEvent(ServerStartupEvent event) {
        String listening =
                HostAddress.of(event.getSource().getHost(), event.getSource().getPort());
        String address = config.advertised().orElse(listening);
        log.info(
                "HTTP server is up: address={}://{} advertised={} pool={}",
                config.tls().isPresent() ? "https" : "http",
                listening,
                address,
                config.pool().name());
        advertised.complete(address);
    }

    private void start() {
        try {
            InstanceIdentity identity = InstanceIdentity.take(config.stateDir());
            own(identity);
            waitingFor = "Kafka at " + config.kafka().get("bootstrap.servers");
            var cluster = new ClusterConnection(config.kafka());
            own(cluster);
            cluster.await();
            waitingFor = "the schema registry at " + config.kafka().get(AvroSerdeConfig.URL);
            RegistryConnection.await(config.kafka());
            SchemaRegistry registry = new HttpSchemaRegistry(AvroSerdeConfig.from(config.kafka()));
            own(registry);
            startVersions(advertised.get(), identity, cluster, registry);
        } catch (ConfigurationException e) {
            end.completeExceptionally(e);
        } catch (ConfigException e) {
            end.completeExceptionally(new ConfigurationException("Setting under kappa.kafka: " + e.getMessage()));
        } catch (InterruptedException | InterruptException stopRequested) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | RuntimeException | Error e) {
            // An error, such as a class that is missing, ends the instance as well: it would never become ready.
            log.error("Start failed while waiting for {}", waitingFor, e);
            end.completeExceptionally(e);
        }
    }

    /**
     * Refuses to run on a copy of another instance's state directory: both would have the same identity, and fence each other
     * out of every version. The other instance is running if it reports from elsewhere, and keeps doing so.
     */
    private void requireOwnIdentity(KafkaSettings kafka, SchemaRegistry registry, String id, String advertised)
            throws InterruptedException {
        long begun = System.nanoTime();
        try (var fleet = new Fleet(kafka, names, registry, InstantSource.system())) {
            List<InstanceReport> alive = fleet.alive();
            while (true) {
                Optional<InstanceReport> twin = alive.stream()
                        .filter(report -> report.getInstance().equals(id)
                                && !report.getAdvertised().equals(advertised))
                        .findFirst();
                if (twin.isEmpty()) {
                    return;
                }
                if (System.nanoTime() - begun
                        > Fleet.SILENCE.plus(Reporter.EVERY).toNanos()) {
                    throw copied(twin.get());
                }
                waitingFor = "word of the instance at " + twin.get().getAdvertised()
                        + ", which had the identity in this state directory";
                Thread.sleep(PAUSE);
                alive = fleet.poll(Duration.ZERO);
            }
        }
    }

    private void startVersions(
            String advertised, InstanceIdentity identity, ClusterConnection cluster, SchemaRegistry registry)
            throws ExecutionException, InterruptedException {
        requireKnown("kappa.include", config.pool().include());
        requireKnown("kappa.exclude", config.pool().exclude());
        var self = new CatalogChange.Operator("instance", advertised);
        var kafka = new KafkaSettings(new HashMap<>(config.kafka()));
        var topics = new Topics(cluster.admin(), config.topics(), names);
        var serdeSettings = AvroSerdeConfig.from(config.kafka());
        waitingFor = "the catalog";
        RegistryConnection.requireRegistered(registry, serdeSettings, Schemas.shared(names));
        patiently(() -> {
            topics.prepareShared();
            return topics;
        });
        var replays = new Replays(kafka, names, registry, definitions, replaySettings(), InstantSource.system());
        own(replays);
        var catalogLog = new CatalogLog(kafka, names, registry);
        Catalog catalog = patiently(() -> withFirstVersions(catalogLog.readToEnd(), replays, self));

        patiently(() -> {
            requireOwnIdentity(kafka, registry, identity.id(), advertised);
            return advertised;
        });
        var written = new TreeMap<String, Schema>();
        catalog.versions().stream()
                .filter(version -> version.phase().isRun()
                        && config.pool().begins(version.id().view(), version.phase()))
                .flatMap(version -> definitions.match(version).stream())
                .forEach(version -> written.putAll(
                        Schemas.of(version.version().id(), version.definition(), version.parameters(), names)));
        RegistryConnection.requireRegistered(registry, serdeSettings, written);
        waitingFor = "topics";
        patiently(() -> {
            topics.prepare(catalog.versions().stream()
                    .filter(version -> version.phase().isRun()
                            && config.pool().begins(version.id().view(), version.phase()))
                    .flatMap(version -> definitions.match(version).stream())
                    .toList());
            return topics;
        });
        var memory = new RocksDbMemory(config.rocksDbMemory());
        own(memory);
        var positions = new TopicPositions(kafka, cluster.admin());
        var reports = new FleetReports(kafka, names, registry);
        own(reports);
        var versions = new Versions(
                config,
                names,
                definitions,
                cluster.admin(),
                positions,
                registry,
                serdes(registry),
                new StreamsSettings(config, names, identity.id(), advertised, memory),
                topics,
                metrics,
                reports::now,
                reports::soon);
        own(versions);
        CatalogFollower follower = CatalogFollower.start(catalogLog, catalog, now -> {
            Milestone.INSTANCE_SEES_CHANGE.passed();
            reports.now();
            versions.want(now);
        });
        own(follower);
        reports.start(() -> report(identity.id(), advertised, follower.catalog(), versions), alive -> {
            endIfCopied(alive, identity.id(), advertised);
            alive.stream()
                    .filter(report -> !report.getInstance().equals(identity.id()))
                    .forEach(versions::hear);
        });
        // Alone, there is nobody to be behind.
        var copies = new CopyWatch(() -> reports.alive().size() > 1 ? versions.runners() : List.of());
        own(copies);
        copies.start();
        versions.start(follower.catalog());
        var catchUp = new CatchUpWatch(follower::catalog, versions, replays, self, InstantSource.system());
        own(catchUp);
        catchUp.start();
        for (String view : config.publish()) {
            var publisher = new Publisher(kafka, names, registry, view, replaySettings());
            Thread thread = Thread.ofPlatform().name("kappa-publish-" + view).start(publisher);
            own(() -> Threads.stop(thread));
        }
        var json = new ResultJson(kafka, registry);
        metrics.register(follower::catalog, config.stateDir());
        started = new Started(
                identity.id(),
                advertised,
                follower,
                versions,
                replays,
                reports,
                new OutputDiff(kafka, names, registry, replays),
                new AppliedPositions(positions, cluster.admin(), names),
                subject -> new ChangeFeed(kafka, names, json, follower::catalog, subject));
    }

    /** Of two instances that have started on copies of one state directory at the same time, one ends. */
    private void endIfCopied(List<InstanceReport> alive, String id, String advertised) {
        boolean isSettled = System.nanoTime() - startedAt > Fleet.SILENCE.toNanos();
        alive.stream()
                .filter(report -> isSettled
                        && report.getInstance().equals(id)
                        && report.getAdvertised().compareTo(advertised) > 0)
                .findFirst()
                .ifPresent(twin -> end.completeExceptionally(copied(twin)));
    }

    private ConfigurationException copied(InstanceReport twin) {
        return new ConfigurationException("The state directory "
                + config.stateDir().toAbsolutePath() + " is a copy of that of the instance at " + twin.getAdvertised()
                + ", which is running. Give this instance a directory of its own with --state-dir, or delete this one: its state"
                + " is restored from the cluster.");
    }

    private void requireKnown(String setting, Set<String> views) {
        var known = definitions.all().stream().map(ViewDefinition::name).collect(Collectors.toCollection(TreeSet::new));
        views.stream().filter(view -> !known.contains(view)).findFirst().ifPresent(unknown -> {
            throw new ConfigurationException(
                    "Setting " + setting + ": this build has no view " + unknown + "; it has " + known);
        });
    }

    private ReplaySettings replaySettings() {
        short replicas = config.topics().replicationFactor();
        return new ReplaySettings(
                config.replayMaxLag(),
                config.topics().partitions(),
                replicas < 0 ? Optional.empty() : Optional.of(replicas),
                config.topics().maxMessageBytes());
    }

    /** Views that the catalog does not know get their first version; another instance may be first. */
    private Catalog withFirstVersions(Catalog read, Replays replays, CatalogChange.Operator self) {
        Catalog catalog = read;
        for (ViewDefinition definition : definitions.all()) {
            String view = definition.name();
            if (config.pool().runs(view)
                    && catalog.versions(view).isEmpty()
                    && !catalog.unreadable().containsKey(view)) {
                Blueprint blueprint = Blueprint.of(definition, config.views().getOrDefault(view, Map.of()));
                try {
                    catalog = replays.first(
                            catalog, view, blueprint, config.topics().partitions(), self);
                } catch (ConflictException | RefusedException otherWasFirst) {
                    catalog = replays.catalog();
                }
            }
        }
        catalog.unreadable()
                .forEach((view, reason) -> log.error(
                        "The catalog's record of a view cannot be read; nothing is done to the view: view={} reason=\"{}\"",
                        view,
                        reason));
        return catalog;
    }

    private InstanceReport report(String id, String advertised, Catalog catalog, Versions versions) {
        var reports = new ArrayList<VersionReport>();
        versions.states().forEach((version, state) -> {
            Optional<VersionRunner> runner = versions.runner(version);
            reports.add(new VersionReport(
                    version.view(),
                    version.number(),
                    state,
                    runner.flatMap(VersionRunner::newestEvent).orElse(null),
                    versions.detail(version).orElse(null),
                    runner.map(VersionRunner::lost).orElse(0L),
                    runner.flatMap(VersionRunner::incompleteCopies).orElse(0),
                    runner.map(VersionRunner::completeCopies).orElse(0),
                    runner.flatMap(VersionRunner::alignment)
                            .map(Positions::tell)
                            .orElse(List.of())));
        });
        return new InstanceReport(id, advertised, config.pool().name(), catalog.epoch(), false, leaving, reports);
    }

    /** Does a step of the start, again when the cluster cannot do it yet. */
    private static <T> T patiently(Step<T> step) throws ExecutionException, InterruptedException {
        while (true) {
            try {
                return step.run();
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof RetriableException)) {
                    throw e;
                }
                log.warn("The cluster is not ready, trying again: failure=\"{}\"", String.valueOf(e.getCause()));
            } catch (RetriableException e) {
                log.warn("The cluster is not ready, trying again: failure=\"{}\"", e.toString());
            }
            Thread.sleep(PAUSE);
        }
    }

    private Serdes serdes(SchemaRegistry registry) {
        var settings = new HashMap<String, Object>(config.kafka());
        settings.put(AvroSerdeConfig.CLIENT, registry);
        try {
            return new ConfiguredSerdes(Class.forName(config.serde()), settings);
        } catch (ClassNotFoundException e) {
            throw new ConfigurationException(
                    "Setting kappa.serde: there is no class " + config.serde() + " on the class path");
        }
    }

    /** Closed in reverse order when the instance stops; at once if it is already stopping. */
    private synchronized void own(AutoCloseable resource) {
        if (stopping) {
            close(resource);
        } else {
            resources.addFirst(resource);
        }
    }

    /**
     * Waits, before the instance is stopped, until others have all that it has, or for as long as the settings allow. It goes on as
     * before meanwhile.
     */
    public void handOver() {
        Started now = started;
        if (now == null || config.standbys() == 0 || config.handOver().isZero()) {
            return;
        }
        leaving = true;
        now.reports().now();
        long deadline = System.nanoTime() + config.handOver().toNanos();
        log.info("Handing over: patience={}", config.handOver());
        try {
            while (!HandOver.mayLeave(now.id(), now.reports().alive(), wanted(now.versions()), 1 + config.standbys())) {
                if (System.nanoTime() >= deadline) {
                    log.warn("Others have not got copies of everything that is here; leaving all the same");
                    return;
                }
                Thread.sleep(HAND_OVER_PAUSE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Partitions of stores, of each active version that runs here. */
    private static Map<VersionId, Integer> wanted(Versions versions) {
        return versions.runners().stream()
                .filter(runner -> runner.phase() == Phase.ACTIVE && runner.state() == VersionRunner.State.RUNNING)
                .collect(Collectors.toMap(runner -> runner.version().id(), VersionRunner::storePartitions));
    }

    /** Stops what was started, in reverse order. */
    @PreDestroy
    public void stop() throws InterruptedException {
        List<AutoCloseable> toClose;
        synchronized (this) {
            if (stopping) {
                return;
            }
            stopping = true;
            toClose = List.copyOf(resources);
        }
        if (starter != null) {
            starter.interrupt();
            starter.join();
        }
        toClose.forEach(Instance::close);
        log.info("Stopped");
        end.complete(null);
    }

    private static void close(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            log.warn("Not closed cleanly: {}", resource.getClass().getSimpleName(), e);
        }
    }
}
