package dev.kappa.app.query;

import dev.kappa.app.version.VersionRunner;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.topologies.Store;
import dev.kappa.topologies.input.InputProblem;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Bytes;

/**
 * Queries of stores, answered from the whole fleet. Waits for the records that the answer must include, reads each partition where
 * it is, and forwards requests about versions that do not run here. Thread-safe; blocks the calling thread.
 */
public final class StoreQueries {

    /** Maximum wait for a partition that can be read nowhere: longer than it takes to move a task. */
    private static final Duration MOVING_TASK_WAIT = Duration.ofSeconds(5);

    /** Each holds at most a page of each partition in memory. */
    private static final int MAX_SCANS = 64;

    /** Each asks the group's coordinator again and again. */
    private static final int MAX_WAITING = 64;

    private final ConcurrencyLimit scans =
            new ConcurrencyLimit(MAX_SCANS, "This instance is already reading " + MAX_SCANS + " lists");
    private final ConcurrencyLimit waiting =
            new ConcurrencyLimit(MAX_WAITING, MAX_WAITING + " requests already wait for positions on this instance");
    private final SuspectInstances suspects = new SuspectInstances(System::nanoTime);
    private final AtomicInteger forwarded = new AtomicInteger();
    private final AppliedOffsetsBarrier applied;
    private final PartitionClient client;
    private final FleetStoreReader fleetReader;
    private final String advertised;
    private final Supplier<List<InstanceReport>> fleet;

    /** A topic of {@link ReadOptions#minPosition} is no input of the version. */
    public static final class NotAnInputException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        NotAnInputException(String message) {
            super(message);
        }
    }

    /** The records of {@link ReadOptions#minPosition} were not applied in time. */
    public static final class PositionNotReachedException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private PositionNotReachedException(String message) {
            super(message);
        }
    }

    /** Some partitions cannot be read anywhere as fresh as the client wants them. */
    public static final class PartitionsUnavailableException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final transient PartialResult result;

        private PartitionsUnavailableException(String message, PartialResult result) {
            super(message);
            this.result = result;
        }

        /** The result for the other partitions. */
        public PartialResult result() {
            return result;
        }
    }

    /** Other instances that run a version did not answer. */
    public static final class NotForwardedException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private NotForwardedException(String message) {
            super(message);
        }
    }

    /**
     * Answers for one instance.
     *
     * @param advertised where others reach it, as {@code host:port}
     * @param fleet reports of the instances that are alive
     */
    public StoreQueries(
            String advertised,
            Supplier<List<InstanceReport>> fleet,
            PartitionClient client,
            AppliedOffsetsBarrier applied) {
        this.advertised = advertised;
        this.fleet = fleet;
        this.client = client;
        this.applied = applied;
        this.fleetReader = new FleetStoreReader(
                advertised,
                () -> fleet.get().stream().map(InstanceReport::getAdvertised).toList(),
                suspects);
    }

    /**
     * The answer of the fleet. With {@link ReadOptions#isPartial}, partitions may be missing in it.
     *
     * @param runner runs the version here
     * @throws ConcurrencyLimit.ReachedException when too many requests do the same
     * @throws NotAnInputException when a position is of a topic that the version does not read
     * @throws PositionNotReachedException when the version has not applied the positions in time
     * @throws PartitionsUnavailableException when partitions are missing that may not be
     * @throws SplitKeyException when the key has results on several partitions
     */
    public <K, V extends SpecificRecord> PartialResult read(
            ViewVersion version, VersionRunner runner, Store<K, V> store, StoreQuery<K> query, ReadOptions options) {
        awaitApplied(version, options);
        // Positions are applied on the active task first; standbys follow.
        Optional<Duration> maxStaleness =
                options.minPosition().isEmpty() ? options.maxStaleness() : Optional.of(Duration.ZERO);
        Supplier<PartialResult> reading = () -> fromFleet(version, runner, store, query, maxStaleness, options);
        return query.onlyKey().isEmpty() ? scans.during(options.caller(), reading) : reading.get();
    }

    private void awaitApplied(ViewVersion version, ReadOptions options) {
        Map<TopicPartition, Long> positions = options.minPosition();
        if (positions.isEmpty()) {
            return;
        }
        List<String> inputs = version.blueprint().inputs().stream()
                .map(input -> input.topic())
                .toList();
        positions.keySet().stream()
                .map(TopicPartition::topic)
                .filter(topic -> !inputs.contains(topic))
                .findFirst()
                .ifPresent(topic -> {
                    throw new NotAnInputException(
                            version.id() + " does not read topic " + topic + "; it reads " + inputs);
                });
        SortedMap<String, Long> behind =
                waiting.during(options.caller(), () -> applied.await(version, positions, options.maxWait()));
        if (!behind.isEmpty()) {
            throw new PositionNotReachedException(
                    version.id() + " has not applied the requested offsets within " + options.maxWait()
                            + "; it has applied the offsets before "
                            + behind.entrySet().stream()
                                    .map(reached -> reached.getKey() + ":" + reached.getValue())
                                    .collect(Collectors.joining(",")));
        }
    }

    private <K, V extends SpecificRecord> PartialResult fromFleet(
            ViewVersion version,
            VersionRunner runner,
            Store<K, V> store,
            StoreQuery<K> query,
            Optional<Duration> maxStaleness,
            ReadOptions options) {
        var local = new LocalStoreReader<>(runner, store);
        StoreQuery<Bytes> serialized = query.withKeys(local::bytes);
        PartialResult result = fleetReader.read(
                runner,
                store.name(),
                local,
                query,
                new FleetStoreReader.Tolerance(
                        maxStaleness,
                        !options.minPosition().isEmpty(),
                        options.isPartial() ? Duration.ZERO : MOVING_TASK_WAIT),
                (other, reading) ->
                        client.read(other, new PartitionRequest(version.id(), store.name(), serialized, reading)),
                hasMisplacedKeys(version, runner));
        if (!result.missing().isEmpty() && !options.isPartial()) {
            throw new PartitionsUnavailableException(
                    "Store " + store.name() + " of " + version.id() + " cannot be read in partitions "
                            + result.missing().keySet()
                            + maxStaleness.map(age -> " no older than " + age).orElse("")
                            + ". "
                            + result.missing().entrySet().stream()
                                    .map(partition ->
                                            "Partition " + partition.getKey() + ": " + partition.getValue() + ".")
                                    .collect(Collectors.joining(" ")),
                    result);
        }
        return result;
    }

    /** As the catalog knows, or as this instance has just found. */
    private static boolean hasMisplacedKeys(ViewVersion version, VersionRunner runner) {
        return version.hasMisplacedKeys()
                || runner.inputProblems().stream().anyMatch(found -> found.problem() == InputProblem.MISPLACED_KEY);
    }

    /** Answers another instance from the copies on this one. */
    public static <K, V extends SpecificRecord> PartialResult readHere(
            VersionRunner runner, Store<K, V> store, PartitionRequest request) {
        var local = new LocalStoreReader<>(runner, store);
        return local.read(request.query().withKeys(local::key), request.reading());
    }

    /** How a request is sent to another instance as it came. */
    @FunctionalInterface
    public interface Forward<T> {
        T to(String instance) throws IOException;
    }

    /**
     * Has another instance that runs a version answer a whole request: the next one when one does not answer.
     *
     * @return empty when no other instance runs the version
     * @throws NotForwardedException when others run the version and none of them answers
     */
    public <T> Optional<T> forward(VersionId version, Forward<T> request) {
        List<InstanceReport> others = fleet.get().stream()
                .filter(report -> !report.getAdvertised().equals(advertised))
                .toList();
        List<String> candidates = ForwardingOrder.of(others, version, suspects::contains, forwarded.getAndIncrement());
        var failures = new ArrayList<String>();
        for (String candidate : candidates) {
            try {
                T answer = request.to(candidate);
                suspects.answered(candidate);
                return Optional.of(answer);
            } catch (PartitionClient.AnswerTimeoutException e) {
                // It may still be at work: the same on each instance would take that many times as long.
                failures.add(candidate + " does not answer: " + e.getMessage());
                break;
            } catch (IOException e) {
                suspects.failed(candidate);
                failures.add(candidate + " does not answer: " + e.getMessage());
            }
        }
        if (failures.isEmpty()) {
            return Optional.empty();
        }
        throw new NotForwardedException(
                "This instance does not run " + version + ". Instances that run it: " + String.join("; ", failures));
    }
}
