package dev.kappa.app.instance;

import dev.kappa.app.config.ConfigurationException;
import dev.kappa.app.config.KappaConfig;
import dev.kappa.app.query.AppliedOffsetsBarrier;
import dev.kappa.app.query.PartitionClient;
import dev.kappa.app.query.StoreQueries;
import dev.kappa.app.topics.TopicManager;
import dev.kappa.app.version.PositionGuard;
import dev.kappa.app.version.ReplayMonitor;
import dev.kappa.app.version.RequiredSchemas;
import dev.kappa.app.version.RocksDbMemory;
import dev.kappa.app.version.StreamsSettings;
import dev.kappa.app.version.VersionFactory;
import dev.kappa.app.version.VersionSupervisor;
import dev.kappa.app.version.ViewMetrics;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.HttpSchemaRegistry;
import dev.kappa.avro.Redaction;
import dev.kappa.avro.SchemaRegistry;
import dev.kappa.reprocessing.background.BackgroundLoop;
import dev.kappa.reprocessing.catalog.Blueprint;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.CatalogChange;
import dev.kappa.reprocessing.catalog.CatalogLog;
import dev.kappa.reprocessing.catalog.ConflictException;
import dev.kappa.reprocessing.catalog.CrashPoint;
import dev.kappa.reprocessing.catalog.Definitions;
import dev.kappa.reprocessing.catalog.MatchedVersion;
import dev.kappa.reprocessing.catalog.Schemas;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.reprocessing.cluster.TopicPositions;
import dev.kappa.reprocessing.deadletters.DeadLetterBox;
import dev.kappa.reprocessing.diff.KeyTable;
import dev.kappa.reprocessing.diff.OutputDiff;
import dev.kappa.reprocessing.fleet.ReportSignatures;
import dev.kappa.reprocessing.publish.PublishedTopics;
import dev.kappa.reprocessing.publish.Publisher;
import dev.kappa.reprocessing.reader.ChangeFeed;
import dev.kappa.reprocessing.reader.ResultJson;
import dev.kappa.reprocessing.replay.ReplaySettings;
import dev.kappa.reprocessing.replay.Replays;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.serde.ConfiguredSerdes;
import dev.kappa.topologies.serde.Serdes;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.time.Instant;
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
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The steps of a start. In order: take the state directory, wait for Kafka, wait for the schema registry, read the catalog,
 * create the topics that are missing, start the versions and the background work.
 */
final class InstanceAssembly {

    private static final Logger log = LoggerFactory.getLogger(InstanceAssembly.class);

    /** How the assembly, and the parts that it starts, reach the life cycle. */
    interface Events {

        /** The start waits for something; in words for people. */
        void waitsFor(String what);

        /** The instance has to end. */
        void cannotContinue(Throwable reason);

        /** Whether the instance was told to stop. */
        boolean isLeaving();
    }

    private final KappaConfig config;
    private final ClusterNames names;
    private final Definitions definitions;
    private final ViewMetrics metrics;
    private final PartitionClient partitionClient;
    private final ReportSignatures signatures;

    InstanceAssembly(
            KappaConfig config,
            ClusterNames names,
            Definitions definitions,
            MeterRegistry meters,
            PartitionClient partitionClient,
            ReportSignatures signatures) {
        this.signatures = signatures;
        this.partitionClient = partitionClient;
        this.config = config;
        this.names = names;
        this.definitions = definitions;
        this.metrics = new ViewMetrics(meters);
    }

    /**
     * Starts everything.
     *
     * @param advertised where other instances reach this one, known once the HTTP server is up
     * @param resources receives what has to be closed at the end, also when the start fails
     * @throws ConfigurationException when the settings, the topics or the schemas do not permit the start
     * @throws ExecutionException when the cluster refuses
     */
    RunningInstance assemble(Events events, CompletableFuture<String> advertised, ResourceStack resources)
            throws ExecutionException, InterruptedException {
        InstanceIdentity identity = resources.add(InstanceIdentity.take(config.stateDir()));
        events.waitsFor("Kafka at " + config.kafka().get("bootstrap.servers"));
        var cluster = resources.add(new ClusterConnection(config.kafka()));
        BackgroundLoop connectionCheck = resources.add(cluster.awaitThenWatch());
        events.waitsFor("the schema registry at "
                + Redaction.ofAddress(String.valueOf(config.kafka().get(AvroSerdeConfig.URL))));
        RegistryConnection.await(config.kafka());
        SchemaRegistry registry = resources.add(new HttpSchemaRegistry(AvroSerdeConfig.from(config.kafka())));
        return assemble(events, identity, advertised.get(), cluster, connectionCheck, registry, resources);
    }

    private RunningInstance assemble(
            Events events,
            InstanceIdentity identity,
            String advertised,
            ClusterConnection cluster,
            BackgroundLoop connectionCheck,
            SchemaRegistry registry,
            ResourceStack resources)
            throws ExecutionException, InterruptedException {
        requireKnown("kappa.pool.include", config.pool().include());
        requireKnown("kappa.pool.exclude", config.pool().exclude());
        try {
            PublishedTopics.requireNoInputs(names, config.publish(), definitions.all());
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(String.valueOf(e.getMessage()));
        }
        var self = new CatalogChange.Operator("instance", advertised);
        var kafka = new KafkaSettings(new HashMap<>(config.kafka()));
        var topics = new TopicManager(cluster.admin(), config.topics(), names);
        var schemas = new RequiredSchemas(registry, AvroSerdeConfig.from(config.kafka()));
        Replays replays = resources.add(
                new Replays(kafka, names, registry, definitions, replaySettings(), InstantSource.system(), signatures));
        var catalogLog = new CatalogLog(kafka, names, registry);

        events.waitsFor("the catalog");
        schemas.require(Schemas.shared(names));
        ClusterConnection.retrying(topics::prepareShared);
        Catalog catalog = ClusterConnection.retrying(() -> withFirstVersions(catalogLog.readToEnd(), replays, self));
        var copies = new StateDirectoryCopies(identity.id(), advertised, config.stateDir(), signatures);
        ClusterConnection.retrying(() -> {
            copies.requireNone(kafka, names, registry, events::waitsFor);
            return catalog;
        });
        List<MatchedVersion> toRun = versionsToRun(catalog);
        schemas.require(schemasOf(toRun));
        events.waitsFor("topics");
        ClusterConnection.retrying(() -> topics.prepare(toRun));
        // Not the directory for temporary files, which is small in a pod.
        Path tables = config.stateDir().resolve("comparisons");
        KeyTable.deleteAll(tables);

        var memory = resources.add(new RocksDbMemory(config.rocksDbMemory()));
        var positions = new TopicPositions(kafka, cluster.admin());
        var reports = resources.add(new FleetReports(kafka, names, registry, signatures));
        var guard = new PositionGuard(replays, self);
        var factory = new VersionFactory(
                config,
                names,
                cluster.admin(),
                positions,
                new TopicPositions(kafka, resources.add(kafka.admin())),
                serdes(registry),
                new StreamsSettings(config, names, identity.id(), advertised, memory),
                guard,
                metrics,
                reports::soon);
        var versions = resources.add(new VersionSupervisor(
                config, names, definitions, schemas, topics, guard, factory, replays::deleteLeftovers, reports::now));
        var follower = resources.add(new CatalogFollower(catalogLog, catalog, now -> {
            CrashPoint.INSTANCE_SEES_CHANGE.passed();
            reports.now();
            versions.apply(now);
        }));
        follower.start();
        var activity = new FleetActivity(Instant.now());
        reports.start(
                () -> versions.report(
                        identity.id(), advertised, follower.catalog().epoch(), events.isLeaving()),
                alive -> {
                    copies.twin(alive).ifPresent(events::cannotContinue);
                    activity.apply(alive, Instant.now());
                    alive.stream()
                            .filter(report -> !report.getInstance().equals(identity.id()))
                            .forEach(versions::applyReport);
                });
        // Alone, there is nothing to lag behind.
        BackgroundLoop replicaLag =
                resources.add(versions.replicaLagLoop(() -> reports.alive().size() > 1));
        replicaLag.start();
        events.waitsFor("the start of its versions");
        versions.start(follower.catalog());
        var monitor = new ReplayMonitor(follower::catalog, versions, replays, guard, self, InstantSource.system());
        BackgroundLoop replayMonitor = resources.add(monitor.loop());
        replayMonitor.start();

        var loops =
                new ArrayList<BackgroundLoop>(List.of(connectionCheck, follower.loop(), versions.loop(), replicaLag));
        loops.add(replayMonitor);
        loops.addAll(reports.loops());
        for (String view : config.publish()) {
            var publisher = new Publisher(kafka, names, registry, view, replaySettings(), tables);
            loops.add(resources.add(publisher.loop()).start());
            metrics.register(publisher);
        }
        metrics.register(follower::catalog, config.stateDir());
        var json = new ResultJson(kafka, registry);
        return new RunningInstance(
                identity.id(),
                advertised,
                follower,
                versions,
                replays,
                reports,
                activity,
                new OutputDiff(kafka, names, registry, replays, () -> KeyTable.Space.shared(tables)),
                new StoreQueries(
                        advertised, reports::alive, partitionClient, new AppliedOffsetsBarrier(positions, names)),
                subject -> new ChangeFeed(kafka, names, json, follower::catalog, subject),
                view -> new DeadLetterBox(kafka, names, view),
                json,
                loops);
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
                        "The catalog record of a view cannot be read; the view is left unchanged: view={} reason=\"{}\"",
                        view,
                        reason));
        return catalog;
    }

    private List<MatchedVersion> versionsToRun(Catalog catalog) {
        return catalog.versions().stream()
                .filter(version -> version.phase().isRun()
                        && config.pool().begins(version.id().view(), version.phase()))
                .flatMap(version -> definitions.match(version).stream())
                .toList();
    }

    private Map<String, Schema> schemasOf(List<MatchedVersion> versions) {
        var schemas = new TreeMap<String, Schema>();
        versions.forEach(version ->
                schemas.putAll(Schemas.of(version.version().id(), version.definition(), version.parameters(), names)));
        return schemas;
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
}
