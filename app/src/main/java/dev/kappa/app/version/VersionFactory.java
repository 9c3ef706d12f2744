package dev.kappa.app.version;

import dev.kappa.app.alignment.AlignedClients;
import dev.kappa.app.alignment.AlignedInput;
import dev.kappa.app.alignment.Alignment;
import dev.kappa.app.alignment.BoundedClients;
import dev.kappa.app.alignment.JoinedTables;
import dev.kappa.app.alignment.MissingOffsets;
import dev.kappa.app.alignment.StoreCommits;
import dev.kappa.app.config.KappaConfig;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.MatchedVersion;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.TopicPositions;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.topologies.BuiltTopology;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.InputSettings;
import dev.kappa.topologies.ViewTopology;
import dev.kappa.topologies.serde.Serdes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Builds what runs a version: topology, settings, clients, and what observes them. Thread-safe. */
public final class VersionFactory {

    private static final Logger log = LoggerFactory.getLogger(VersionFactory.class);

    /** Largest distance in event time between partitions, however much more a version's retention would permit. */
    private static final Duration LARGEST_SKEW = Duration.ofDays(100);

    /** Bytes of a record that are kept free for the headers that operators add. */
    private static final int HEADER_RESERVE_BYTES = 16 << 10;

    /** A leader of a table that has not answered after this is asked again, or the one that has taken its place. */
    private static final Duration TABLE_ENDS_PATIENCE = Duration.ofSeconds(2);

    private final KappaConfig config;
    private final ClusterNames names;
    private final Admin admin;
    private final TopicPositions positions;
    private final TopicPositions tablePositions;
    private final Serdes serdes;
    private final StreamsSettings settings;
    private final PositionGuard guard;
    private final ViewMetrics metrics;
    private final Runnable onProgress;

    /**
     * Builds nothing yet.
     *
     * @param tablePositions asks for the ends of tables; of nothing else, since stream threads wait for the answers
     * @param onProgress called on stream threads when other instances should hear how far input partitions are; must return at
     *     once
     */
    public VersionFactory(
            KappaConfig config,
            ClusterNames names,
            Admin admin,
            TopicPositions positions,
            TopicPositions tablePositions,
            Serdes serdes,
            StreamsSettings settings,
            PositionGuard guard,
            ViewMetrics metrics,
            Runnable onProgress) {
        this.config = config;
        this.names = names;
        this.admin = admin;
        this.positions = positions;
        this.tablePositions = tablePositions;
        this.serdes = serdes;
        this.settings = settings;
        this.guard = guard;
        this.metrics = metrics;
        this.onProgress = onProgress;
    }

    /**
     * A runner that was started. Kafka Streams opens the stores that are on disk first, and does not start when one is damaged:
     * the directory of that task is deleted then, and the task restored from its changelogs.
     */
    VersionRunner start(
            MatchedVersion version, Catalog catalog, Map<String, Integer> partitions, LocalState localState) {
        VersionId id = version.version().id();
        while (true) {
            VersionRunner runner = create(version, catalog, partitions);
            try {
                runner.start();
                return runner;
            } catch (RuntimeException | Error e) {
                runner.close();
                Optional<Path> damaged = localState.damagedTask(id, e);
                if (damaged.isEmpty()) {
                    throw e;
                }
                log.warn(
                        "Local state of a task is damaged; it is deleted and restored: view={} version={} directory={} failure=\"{}\"",
                        id.view(),
                        id.number(),
                        damaged.get(),
                        e.toString());
                LocalState.delete(damaged.get());
            }
        }
    }

    /**
     * A runner that has not been started.
     *
     * @param catalog tells how many versions share the threads of this instance
     * @param partitions how many partitions of each input topic the version reads
     * @throws org.apache.kafka.common.KafkaException when the cluster does not answer
     */
    private VersionRunner create(MatchedVersion version, Catalog catalog, Map<String, Integer> partitions) {
        var throttle = new Throttle();
        var reads = new StoreReads();
        int maxBytes = config.topics().maxMessageBytes();
        var progress = new EventTimeProgress(
                throttle,
                config.alignment().enabled(),
                partitions,
                maxBytes - HEADER_RESERVE_BYTES,
                new InputProblems(version.id()));
        var commits = new StoreCommits(guard.beforeCommit(version.id(), progress.lost()));
        var built = ViewTopology.build(
                version.definition(), version.parameters(), names.outputTopic(version.id()), serdes, progress);
        var deadLetters = new DeadLetterHandlers(
                version.id(),
                names.deadLetterTopic(version.id().view()),
                maxBytes,
                skippingOtherTypes(version),
                progress.records());
        MissingOffsets missing = guard.of(version.version(), partitions.keySet(), storesBehind(version, built));
        boolean isReplay = version.version().phase().isUnderWay();
        var runner = new VersionRunner(
                version,
                built.topology(),
                names,
                settings.of(
                        version.id(),
                        deadLetters,
                        reads,
                        progress.lost(),
                        threads(catalog, isReplay),
                        running(catalog),
                        isReplay),
                progress,
                throttle,
                commits,
                reads,
                config.alignment().enabled()
                        ? alignedClients(version, built, commits, missing, partitions, throttle, progress)
                        : new BoundedClients(
                                commits,
                                missing,
                                partitions,
                                tables(version, built),
                                throttle::ahead,
                                config.topics().maxMessageBytes()),
                deadLetters,
                new StorePartitions(admin, names, version.id()),
                new ReplicaLag((store, partition, from, to) ->
                        hasRecords(new TopicPartition(names.changelogTopic(version.id(), store), partition), from, to)),
                metrics);
        runner.apply(version.version());
        return runner;
    }

    /** The stores that only the records of a repartition topic change, by its name on the cluster. */
    private Map<String, List<String>> storesBehind(MatchedVersion version, BuiltTopology built) {
        return RepartitionStores.of(built.topology().describe()).entrySet().stream()
                .collect(Collectors.toMap(
                        topic -> names.internalTopic(version.id(), topic.getKey()), Map.Entry::getValue));
    }

    private static Set<String> skippingOtherTypes(MatchedVersion version) {
        return version.definition().inputs().stream()
                .map(input -> version.parameters().input(input))
                .filter(input -> input.settings().otherTypes() == InputSettings.OtherTypes.SKIP)
                .map(Input::topic)
                .collect(Collectors.toSet());
    }

    /** Whether there are records in a range of offsets; while a transaction is open, there may be. */
    private boolean hasRecords(TopicPartition partition, long from, long to) {
        long stable = positions
                .offsets(List.of(partition), OffsetSpec.latest(), IsolationLevel.READ_COMMITTED)
                .getOrDefault(partition, 0L);
        return stable < to || positions.hasRecords(partition, from, to);
    }

    private Set<AlignedInput> inputs(MatchedVersion version, EventTimeProgress progress) {
        return AlignedInput.of(version.definition(), version.parameters(), serdes, progress, rekeyed(version));
    }

    private JoinedTables tables(MatchedVersion version, BuiltTopology built) {
        var inputs = new HashSet<String>();
        var tables = new HashSet<String>();
        for (Input<?> declared : version.definition().inputs()) {
            Input<?> input = version.parameters().input(declared);
            inputs.add(input.topic());
            if (input.role() == Input.Role.TABLE) {
                tables.add(input.topic());
                tables.add(ViewTopology.rekeyedTopic(input.topic()));
            }
        }
        UnaryOperator<String> onCluster =
                topic -> inputs.contains(topic) ? topic : names.internalTopic(version.id(), topic);
        var byEvents = new HashMap<String, Set<String>>();
        TablesOfEvents.of(built.topology().describe(), tables)
                .forEach((events, joined) -> byEvents.put(
                        onCluster.apply(events), joined.stream().map(onCluster).collect(Collectors.toSet())));
        return new JoinedTables(byEvents, ends -> tablePositions.askForEnds(ends, TABLE_ENDS_PATIENCE));
    }

    /** Names the repartition topic of an input on the cluster. */
    private UnaryOperator<String> rekeyed(MatchedVersion version) {
        return topic -> names.internalTopic(version.id(), ViewTopology.rekeyedTopic(topic));
    }

    private AlignedClients alignedClients(
            MatchedVersion version,
            BuiltTopology built,
            StoreCommits commits,
            MissingOffsets missing,
            Map<String, Integer> partitions,
            Throttle throttle,
            EventTimeProgress progress) {
        Duration maxSkew = built.maxSkew();
        Duration derived = maxSkew.dividedBy(2);
        Duration bound =
                config.alignment().maxSkew().orElse(derived.compareTo(LARGEST_SKEW) < 0 ? derived : LARGEST_SKEW);
        if (bound.compareTo(maxSkew) > 0) {
            log.warn(
                    "Partitions may be read further apart than the retention of the version permits, and results may be lost: view={} version={} maxSkew={} permitted={} (see kappa.alignment.max-skew)",
                    version.id().view(),
                    version.id().number(),
                    bound,
                    maxSkew);
        }
        var clients = new AlignedClients(
                commits,
                missing,
                partitions,
                tables(version, built),
                throttle::ahead,
                config.topics().maxMessageBytes(),
                new Alignment(bound, config.alignment().idleTimeout()),
                () -> inputs(version, progress),
                settings.commitInterval().orElse(Duration.ZERO),
                onProgress);
        progress.commits(clients::isBehind, clients::commitInterval);
        return clients;
    }

    private static long running(Catalog catalog) {
        return catalog.versions().stream()
                .filter(version -> version.phase().isRun())
                .count();
    }

    /** An equal share of the budget, and one at least. Fixed while a version runs: a change would move its tasks. */
    private int threads(Catalog catalog, boolean isReplay) {
        long sharing = isReplay
                ? catalog.versions().stream()
                        .filter(version ->
                                version.phase().isUnderWay() && version.phase().isRun())
                        .count()
                : catalog.versions().stream()
                        .filter(version -> version.phase() == Phase.ACTIVE)
                        .count();
        int budget = isReplay ? config.replayThreads() : config.threads();
        return Math.max(1, (int) (budget / Math.max(1, sharing)));
    }
}
