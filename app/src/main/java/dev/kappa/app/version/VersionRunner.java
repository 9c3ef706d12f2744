package dev.kappa.app.version;

import dev.kappa.app.alignment.AlignedClients;
import dev.kappa.app.alignment.Alignment;
import dev.kappa.app.alignment.BoundedClients;
import dev.kappa.app.alignment.StoreCommits;
import dev.kappa.reprocessing.catalog.MatchedVersion;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.Store;
import dev.kappa.topologies.input.InputProblem;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.Topology;
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

    private final InstantSource clock = InstantSource.system();
    private final MatchedVersion version;
    private final KafkaStreams streams;
    private final EventTimeProgress progress;
    private final DeadLetterHandlers deadLetters;
    private final StorePartitions storePartitions;
    private final Throttle throttle;
    private final StoreCommits commits;
    private final StoreReads reads;
    private final Optional<AlignedClients> clients;
    private final AutoCloseable meters;
    private final ReplicaLag copies;
    private final StreamThreadFailures failures;
    private final StoreLocations locations;
    private final StreamsMetricValues values;
    private final VersionActivity activity;
    private volatile Phase phase;

    VersionRunner(
            MatchedVersion version,
            Topology topology,
            ClusterNames names,
            Properties settings,
            EventTimeProgress progress,
            Throttle throttle,
            StoreCommits commits,
            StoreReads reads,
            BoundedClients clients,
            DeadLetterHandlers deadLetters,
            StorePartitions storePartitions,
            ReplicaLag copies,
            ViewMetrics metrics) {
        this.version = version;
        this.phase = version.version().phase();
        this.storePartitions = storePartitions;
        this.copies = copies;
        this.progress = progress;
        this.throttle = throttle;
        this.commits = commits;
        this.reads = reads;
        this.deadLetters = deadLetters;
        this.clients = clients instanceof AlignedClients aligned ? Optional.of(aligned) : Optional.empty();
        this.streams = new MeasuredStreams(topology, settings, clients, reads);
        this.failures = new StreamThreadFailures(version.version().id(), progress.records(), clock);
        this.locations = new StoreLocations(streams);
        this.values = new StreamsMetricValues(streams);
        var restored = new RestoredRecords(copies, clock);
        this.activity = new VersionActivity(
                streams,
                values,
                restored,
                names.outputTopic(version.id()),
                ViewGraph.of(topology.describe(), this::isTable, topic -> names.internalTopic(version.id(), topic)));
        streams.setUncaughtExceptionHandler(failures);
        streams.setGlobalStateRestoreListener(restored);
        streams.setStandbyUpdateListener(restored);
        streams.setStateListener((now, before) -> onStateChange(now, before));
        this.meters = metrics.register(this, streams);
    }

    void start() {
        streams.start();
    }

    /** The version this runs. */
    public MatchedVersion version() {
        return version;
    }

    /** Takes over what the catalog says of the version now: its phase, and how fast it may read. */
    void apply(ViewVersion now) {
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

    private boolean isTable(String topic) {
        return version.definition().inputs().stream()
                .anyMatch(input -> input.topic().equals(topic) && input.role() == Input.Role.TABLE);
    }

    private Set<String> inputs() {
        return version.definition().inputs().stream().map(Input::topic).collect(Collectors.toSet());
    }

    /** Why the version has failed here, or what it waits for; empty while it runs. */
    String failure() {
        return failures.reason();
    }

    /** Event time of the newest event processed since this instance started. */
    public Optional<Instant> newestEvent() {
        return progress.newest();
    }

    /** The state of the version on this instance. */
    public VersionState state() {
        return switch (streams.state()) {
            case CREATED, REBALANCING -> VersionState.REBALANCING;
            case RUNNING -> VersionState.RUNNING;
            case ERROR, PENDING_ERROR -> failures.isPositionLost() ? VersionState.POSITION_LOST : VersionState.FAILED;
            case PENDING_SHUTDOWN, NOT_RUNNING -> VersionState.STOPPED;
        };
    }

    /** Age of the newest event processed since this instance started; zero if its time is in the future. */
    public Optional<Duration> freshness() {
        return progress.newest()
                .map(newest -> Duration.between(newest, clock.instant()))
                .map(age -> age.isNegative() ? Duration.ZERO : age);
    }

    /** Input records processed since this instance started. */
    public long records() {
        return progress.processed();
    }

    /** The problems that this instance has found in the version's inputs. */
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
        return values.sum("not-finite-records-total");
    }

    /** Its topology, tasks and stores here. */
    public VersionActivity activity() {
        return activity;
    }

    /** Records sent to the dead letters since this instance started. */
    public long deadLetters() {
        return deadLetters.count();
    }

    /** Input records not read yet; empty while nothing is known of any partition. */
    public Optional<Long> lag() {
        return values.lag(inputs());
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
        return values.late();
    }

    /** Results lost since this instance started because partitions were read too far apart. */
    public long lost() {
        return progress.lost().count();
    }

    /**
     * How many partitions a store has in the whole fleet.
     *
     * @throws IllegalArgumentException when the version has no such store
     */
    public int partitions(String store) {
        return storePartitions.of(store);
    }

    /**
     * Waits until queries see everything that the version had committed on this instance before the call.
     *
     * @return whether they do; false when a commit took longer than the timeout
     * @throws InterruptException when the calling thread is interrupted
     */
    public boolean awaitStoreCommits(Duration timeout) {
        try {
            return commits.await(timeout);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    /** Registers a listener for the duration of each commit. It is called on stream threads. */
    void onCommit(Consumer<Duration> listener) {
        commits.onEnd(listener);
    }

    /** The reads of the version's stores on this instance. */
    public StoreReads reads() {
        return reads;
    }

    /** Asks a store; only while {@link VersionState#RUNNING} or {@link VersionState#REBALANCING}. */
    public <R> StateQueryResult<R> query(StateQueryRequest<R> request) {
        return streams.query(request);
    }

    /**
     * The sessions of one partition of a store; only while {@link VersionState#RUNNING} or {@link VersionState#REBALANCING}.
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
        return locations.instancesOf(store, partition);
    }

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
        copies.sample(clock.instant(), this::copiesHere);
    }

    private Map<String, Map<Integer, ReplicaLag.Copy>> copiesHere() {
        var here = new HashMap<String, Map<Integer, ReplicaLag.Copy>>();
        streams.allLocalStorePartitionLags().forEach((store, partitions) -> {
            Map<Integer, ReplicaLag.Copy> copiesOfStore = here.computeIfAbsent(store, _ -> new HashMap<>());
            partitions.forEach((partition, lag) -> copiesOfStore.put(
                    partition, new ReplicaLag.Copy(lag.currentOffsetPosition(), lag.endOffsetPosition())));
        });
        return here;
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

    /** Waits, after {@link #leave}, for the end of all threads, however long each processes a record or waits for a broker. */
    void awaitEnd() {
        while (!streams.close(CloseOptions.timeout(CLOSE_TIMEOUT))) {
            log.warn(
                    "Threads of a stopped version still process a record or wait for brokers; a restart of this instance ends them: view={} version={}",
                    version.id().view(),
                    version.id().number());
        }
    }

    private void close(CloseOptions.GroupMembershipOperation membership) {
        failures.close();
        try {
            meters.close();
        } catch (Exception e) {
            throw new IllegalStateException("Removing meters fails for no reason that is known", e);
        } finally {
            closeStreams(membership);
        }
    }

    private void closeStreams(CloseOptions.GroupMembershipOperation membership) {
        boolean stopped = streams.close(CloseOptions.timeout(CLOSE_TIMEOUT).withGroupMembershipOperation(membership));
        if (!stopped) {
            log.warn(
                    "Version has not stopped yet; if this instance ends before, its state is restored at the next start: view={} version={} seconds={}",
                    version.id().view(),
                    version.id().number(),
                    CLOSE_TIMEOUT.toSeconds());
        }
    }

    private void onStateChange(KafkaStreams.State now, KafkaStreams.State before) {
        if (now == KafkaStreams.State.RUNNING) {
            failures.recovered();
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
