package dev.kappa.app.runtime;

import dev.kappa.app.alignment.AlignedClients;
import dev.kappa.app.alignment.Alignment;
import dev.kappa.app.alignment.BoundedClients;
import dev.kappa.reprocessing.catalog.MatchedVersion;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.InputProblem;
import dev.kappa.topologies.RecordsInProgress;
import dev.kappa.topologies.Store;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaClientSupplier;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyQueryMetadata;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.query.StateQueryRequest;
import org.apache.kafka.streams.query.StateQueryResult;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlySessionStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one version on this instance: owns its {@code KafkaStreams} from birth to close. Thread-safe.
 */
public final class VersionRunner implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(VersionRunner.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(20);

    /** How long it counts where a partition is: Kafka Streams works it out anew for each question. */
    private static final Duration INSTANCES_KNOWN = Duration.ofMillis(100);

    /** What an instance does with a version at a moment. */
    public enum State {
        /** Joining the group, moving tasks or restoring their state. */
        REBALANCING,
        RUNNING,
        /** Given up on this instance after repeated failures. */
        FAILED,
        STOPPED
    }

    private final InstantSource clock = InstantSource.system();
    private final MatchedVersion version;
    private final KafkaStreams streams;
    private final EventTimeProgress progress;
    private final DeadLetters deadLetters;
    private final StorePartitions storePartitions;
    private final Throttle throttle;
    private final Optional<AlignedClients> clients;
    private final AutoCloseable meters;
    private final CopyProgress copies;
    private final RestoredRecords restored = new RestoredRecords();
    private final Map<StorePartition, KnownInstances> knownInstances = new ConcurrentHashMap<>();
    private final ThreadReplacement replacement = new ThreadReplacement(clock);
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile String failure = "";
    private volatile String waitsFor = "";
    private volatile Phase phase;

    VersionRunner(
            MatchedVersion version,
            Topology topology,
            Properties settings,
            EventTimeProgress progress,
            Throttle throttle,
            Optional<AlignedClients> clients,
            DeadLetters deadLetters,
            StorePartitions storePartitions,
            CopyProgress copies,
            ViewMetrics metrics) {
        this.version = version;
        this.phase = version.version().phase();
        this.storePartitions = storePartitions;
        this.copies = copies;
        this.progress = progress;
        this.throttle = throttle;
        this.deadLetters = deadLetters;
        this.clients = clients;
        KafkaClientSupplier supplier =
                clients.<KafkaClientSupplier>map(aligned -> aligned).orElseGet(BoundedClients::new);
        this.streams = new KafkaStreams(topology, settings, supplier);
        streams.setUncaughtExceptionHandler(this::onThreadDeath);
        streams.setGlobalStateRestoreListener(restored);
        streams.setStandbyUpdateListener(restored);
        streams.setStateListener((now, before) -> onStateChange(now, before));
        this.meters = metrics.register(this);
    }

    void start() {
        streams.start();
    }

    /** The version this runs. */
    public MatchedVersion version() {
        return version;
    }

    /** Takes over what the catalog says of the version now: how fast it may read. */
    void adopt(ViewVersion now) {
        phase = now.phase();
        clients.ifPresent(aligned -> aligned.replay(now.phase() == Phase.REPLAYING));
        Optional<Long> rate = now.phase().isUnderWay() ? now.maxRate() : Optional.empty();
        if (rate.isEmpty()) {
            throttle.lift();
            return;
        }
        // Each instance lets through its share: the part of the input partitions it reads.
        int all = now.origin().map(origin -> origin.ranges().size()).orElse(1);
        Set<String> inputs = inputs();
        long here = streams.metadataForLocalThreads().stream()
                .flatMap(thread -> thread.activeTasks().stream())
                .flatMap(task -> task.topicPartitions().stream())
                .filter(partition -> inputs.contains(partition.topic()))
                .count();
        throttle.set(rate.get() * (double) Math.max(1, here) / Math.max(1, all));
    }

    /** The phase that the catalog was last known to have it in. */
    Phase phase() {
        return phase;
    }

    private Set<String> inputs() {
        return version.definition().inputs().stream().map(Input::topic).collect(Collectors.toSet());
    }

    /** Why the version has failed here, or what it waits for; empty while it runs. */
    String failure() {
        return failure.isEmpty() ? waitsFor : failure;
    }

    /** Event time of the newest event taken up since this instance started. */
    public Optional<Instant> newestEvent() {
        return progress.newest();
    }

    /** What this instance is doing with the version now. */
    public State state() {
        return switch (streams.state()) {
            case CREATED, REBALANCING -> State.REBALANCING;
            case RUNNING -> State.RUNNING;
            case ERROR, PENDING_ERROR -> State.FAILED;
            case PENDING_SHUTDOWN, NOT_RUNNING -> State.STOPPED;
        };
    }

    /** How long ago the newest event taken up since this instance started happened; zero if it is yet to happen. */
    public Optional<Duration> freshness() {
        return progress.newest()
                .map(newest -> Duration.between(newest, clock.instant()))
                .map(age -> age.isNegative() ? Duration.ZERO : age);
    }

    /** Input records taken up since this instance started. */
    public long records() {
        return progress.processed();
    }

    /** What this instance has found to be wrong with the version's inputs. */
    public List<ViewVersion.FoundProblem> inputProblems() {
        return progress.problems().all();
    }

    /** Records of an input that show a problem, since this instance started. */
    long inputProblems(String topic, InputProblem problem) {
        return progress.problems().count(topic, problem);
    }

    /** Records of other types that were skipped since this instance started. */
    public long skipped() {
        return deadLetters.skipped();
    }

    /** Events left out since this instance started because a number of theirs is not finite; starts over when tasks move. */
    public long notFinite() {
        return (long) values("not-finite-records-total", _ -> true).sum();
    }

    /** Records sent to the dead letters since this instance started. */
    public long deadLetters() {
        return deadLetters.count();
    }

    /** Records read from changelogs, to restore or copy stores, since this instance started. */
    long restored() {
        return restored.count();
    }

    /** Input records not read yet; empty while nothing is known of any partition. */
    public Optional<Long> lag() {
        Set<String> inputs = inputs();
        double[] lags = values(
                        "records-lag", metric -> inputs.contains(metric.tags().getOrDefault("topic", "")))
                .toArray();
        return lags.length == 0
                ? Optional.empty()
                : Optional.of((long) DoubleStream.of(lags).sum());
    }

    /** How the version's inputs are aligned; empty when they are not. */
    public Optional<Alignment> alignment() {
        return clients.map(AlignedClients::alignment);
    }

    /**
     * Results left out because an event came too late by the order of its own partition, by operator; starts over when
     * tasks move.
     */
    public Map<String, Long> late() {
        var late = new TreeMap<String, Long>();
        streams.metrics().values().stream()
                .filter(metric -> metric.metricName().name().equals("late-records-total"))
                .forEach(metric -> late.merge(
                        operator(metric.metricName().tags().getOrDefault("operator-id", "")),
                        ((Number) metric.metricValue()).longValue(),
                        Long::sum));
        return late;
    }

    /** The task's id comes last. */
    private static String operator(String operatorAndTask) {
        int dash = operatorAndTask.lastIndexOf('-');
        return dash < 0 ? operatorAndTask : operatorAndTask.substring(0, dash);
    }

    /** Results lost because partitions were read too far apart; starts over when tasks move. */
    public long lost() {
        return (long) values("lost-records-total", _ -> true).sum();
    }

    /** Size of the local state, in bytes. */
    public double stateBytes() {
        return values("total-sst-files-size", _ -> true).sum()
                + values("size-all-mem-tables", _ -> true).sum();
    }

    private DoubleStream values(String name, Predicate<MetricName> filter) {
        return streams.metrics().values().stream()
                .filter(metric -> metric.metricName().name().equals(name) && filter.test(metric.metricName()))
                .map(Metric::metricValue)
                .filter(Number.class::isInstance)
                .mapToDouble(value -> ((Number) value).doubleValue())
                .filter(value -> !Double.isNaN(value));
    }

    /**
     * How many partitions a store has in the whole fleet.
     *
     * @throws IllegalArgumentException when the version has no such store
     */
    public int partitions(String store) {
        return storePartitions.of(store);
    }

    /** Asks a store; only while {@link State#RUNNING} or {@link State#REBALANCING}. */
    public <R> StateQueryResult<R> query(StateQueryRequest<R> request) {
        return streams.query(request);
    }

    /**
     * The sessions of one partition of a store; only while {@link State#RUNNING} or {@link State#REBALANCING}.
     *
     * @param stale whether a standby will do
     * @throws org.apache.kafka.streams.errors.InvalidStateStoreException when it is not readable here
     */
    public <K, V> ReadOnlySessionStore<K, V> sessions(String store, int partition, boolean stale) {
        StoreQueryParameters<ReadOnlySessionStore<K, V>> parameters = StoreQueryParameters.fromNameAndType(
                        store, QueryableStoreTypes.<K, V>sessionStore())
                .withPartition(partition);
        return streams.store(stale ? parameters.enableStaleStores() : parameters);
    }

    /**
     * The instances that have a partition of a store, as {@code host:port}, the one where it is active first; empty while
     * nothing is known of it. May be 100 ms old; an instance that no longer has the partition says so.
     */
    public List<String> instancesOf(String store, int partition) {
        var asked = new StorePartition(store, partition);
        KnownInstances known = knownInstances.get(asked);
        if (known != null && System.nanoTime() - known.since() < INSTANCES_KNOWN.toNanos()) {
            return known.instances();
        }
        KeyQueryMetadata metadata;
        try {
            metadata = streams.queryMetadataForKey(store, partition, (_, _, _, _) -> Optional.of(Set.of(partition)));
        } catch (InvalidStateStoreException | IllegalStateException notRunning) {
            return List.of();
        }
        if (metadata == null || metadata.equals(KeyQueryMetadata.NOT_AVAILABLE)) {
            return List.of();
        }
        List<String> instances = Stream.concat(Stream.of(metadata.activeHost()), metadata.standbyHosts().stream())
                .filter(host -> host.port() > 0)
                .map(host -> HostAddress.of(host.host(), host.port()))
                .toList();
        knownInstances.put(asked, new KnownInstances(instances, System.nanoTime()));
        return instances;
    }

    private record StorePartition(String store, int partition) {}

    private record KnownInstances(List<String> instances, long since) {}

    /**
     * How old what a copy on this instance answers may be, when it is not known to be active: how long ago it had everything;
     * empty when there is no copy or nothing is known of it.
     */
    public Optional<Duration> staleness(String store, int partition) {
        return copies.behind(store, partition, clock.instant());
    }

    /** Copies of stores on this instance that are not known to be complete; empty before they were looked at. */
    public Optional<Integer> incompleteCopies() {
        return copies.incomplete(clock.instant());
    }

    /** Copies on this instance, active ones among them, of the stores that can be asked, that are known to be complete. */
    public int completeCopies() {
        return copies.complete(storeNames(), clock.instant());
    }

    /** Partitions in the whole fleet of the stores that can be asked. */
    int storePartitions() {
        return storeNames().stream().mapToInt(this::partitions).sum();
    }

    private Set<String> storeNames() {
        return version.definition().stores().stream().map(Store::name).collect(Collectors.toSet());
    }

    /**
     * Takes a sample of how far the copies on this instance are.
     *
     * @throws org.apache.kafka.streams.errors.StreamsException when the cluster does not answer
     */
    void sampleCopies() {
        Instant now = clock.instant();
        var here = new HashMap<String, Map<Integer, CopyProgress.Copy>>();
        streams.allLocalStorePartitionLags().forEach((store, partitions) -> {
            Map<Integer, CopyProgress.Copy> copiesOfStore = here.computeIfAbsent(store, _ -> new HashMap<>());
            partitions.forEach((partition, lag) -> copiesOfStore.put(
                    partition, new CopyProgress.Copy(lag.currentOffsetPosition(), lag.endOffsetPosition())));
        });
        copies.sample(now, here);
    }

    /**
     * Closes the stores and leaves the state clean on disk. Stays a member of the consumer group until its session
     * expires, so that a restart moves no tasks.
     */
    @Override
    public void close() {
        close(CloseOptions.GroupMembershipOperation.REMAIN_IN_GROUP);
    }

    /** Closes the stores and leaves the consumer group: others are given the tasks at once. */
    void leave() {
        close(CloseOptions.GroupMembershipOperation.LEAVE_GROUP);
    }

    private void close(CloseOptions.GroupMembershipOperation membership) {
        closing.countDown();
        try {
            meters.close();
        } catch (Exception e) {
            throw new IllegalStateException("Removing meters fails for no reason that is known", e);
        }
        boolean stopped = streams.close(CloseOptions.timeout(CLOSE_TIMEOUT).withGroupMembershipOperation(membership));
        if (!stopped) {
            log.warn(
                    "Version did not stop in time; its state will be restored at the next start: view={} version={} seconds={}",
                    version.id().view(),
                    version.id().number(),
                    CLOSE_TIMEOUT.toSeconds());
        }
    }

    /** Called on the stream thread that has failed. */
    private StreamThreadExceptionResponse onThreadDeath(Throwable failure) {
        if (ThreadReplacement.isOfEnvironment(failure)) {
            Duration wait = replacement.nextWait();
            waitsFor = failure.toString();
            log.warn(
                    "Stream thread failed for a reason outside the version and is replaced: view={} version={} afterMs={}",
                    version.id().view(),
                    version.id().number(),
                    wait.toMillis(),
                    failure);
            pause(wait);
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        }
        RecordsInProgress records = progress.records();
        Optional<RecordsInProgress.Origin> record = records.failedAt();
        if (record.isPresent() && !(failure instanceof LinkageError)) {
            boolean isOut = records.struck(record.get(), failure);
            log.error(
                    "Stream thread failed at a record and is replaced; the record {}: view={} version={} topic={} partition={} offset={}",
                    isOut ? "will be sent to the dead letters" : "will be tried once more",
                    version.id().view(),
                    version.id().number(),
                    record.get().topic(),
                    record.get().partition(),
                    record.get().offset(),
                    failure);
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        }
        if (replacement.isReplaced(failure)) {
            log.error(
                    "Stream thread failed and is replaced: view={} version={}",
                    version.id().view(),
                    version.id().number(),
                    failure);
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        }
        this.failure = "Stream threads kept failing, the last with " + failure;
        log.error(
                "Stream threads keep failing; the version is marked FAILED on this instance until it restarts: view={} version={} failures={} minutes={}",
                version.id().view(),
                version.id().number(),
                ThreadReplacement.MOST_IN_WINDOW + 1,
                ThreadReplacement.WINDOW.toMinutes(),
                failure);
        return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    }

    private void pause(Duration wait) {
        try {
            var _ = closing.await(wait.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void onStateChange(KafkaStreams.State now, KafkaStreams.State before) {
        if (now == KafkaStreams.State.RUNNING) {
            waitsFor = "";
            log.info(
                    "Version is running: view={} version={}",
                    version.id().view(),
                    version.id().number());
        } else if (now == KafkaStreams.State.REBALANCING && before == KafkaStreams.State.RUNNING) {
            log.info(
                    "Version is rebalancing: view={} version={}",
                    version.id().view(),
                    version.id().number());
        }
    }
}
