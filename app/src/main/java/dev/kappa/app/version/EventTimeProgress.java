package dev.kappa.app.version;

import dev.kappa.topologies.eventtime.LostResults;
import dev.kappa.topologies.guard.RecordsInProgress;
import dev.kappa.topologies.input.InputObserver;
import dev.kappa.topologies.input.InputProblem;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Progress of a version: the newest event time it has processed, and the number of records. Thread-safe. */
final class EventTimeProgress implements InputObserver {

    private final LongAccumulator newest = new LongAccumulator(Math::max, Long.MIN_VALUE);
    private final Map<String, LongAdder> records;
    private final Map<String, Integer> partitions;
    private final Throttle throttle;
    private final boolean aligned;
    private final int maxRecordBytes;
    private final InputProblems problems;
    private final RecordsInProgress inProgress = new RecordsInProgress();
    private final LostResults lost = new LostResults();
    private volatile BooleanSupplier behind = () -> false;
    private volatile Supplier<Duration> commitInterval = () -> Duration.ZERO;

    /**
     * Of a version.
     *
     * @param aligned whether its inputs are aligned
     * @param partitions how many each of its inputs has
     * @param maxRecordBytes the most bytes that a record may have
     * @param problems told of what is wrong with inputs
     */
    EventTimeProgress(
            Throttle throttle,
            boolean aligned,
            Map<String, Integer> partitions,
            int maxRecordBytes,
            InputProblems problems) {
        this.throttle = throttle;
        this.aligned = aligned;
        this.partitions = Map.copyOf(partitions);
        this.records = partitions.keySet().stream()
                .collect(Collectors.toUnmodifiableMap(topic -> topic, _ -> new LongAdder()));
        this.maxRecordBytes = maxRecordBytes;
        this.problems = problems;
    }

    @Override
    public int partitions(String topic) {
        return partitions.getOrDefault(topic, 0);
    }

    @Override
    public int maxRecordBytes() {
        return maxRecordBytes;
    }

    @Override
    public RecordsInProgress records() {
        return inProgress;
    }

    @Override
    public void found(String topic, InputProblem problem, String example) {
        problems.found(topic, problem, example, this::recordsOf);
    }

    private long recordsOf(String topic) {
        LongAdder count = records.get(topic);
        return count == null ? 0 : count.sum();
    }

    /** Says who knows whether the version is behind, and how soon it commits while it is not. */
    void commits(BooleanSupplier isBehind, Supplier<Duration> interval) {
        behind = isBehind;
        commitInterval = interval;
    }

    @Override
    public boolean isBehind() {
        return behind.getAsBoolean();
    }

    @Override
    public Duration commitInterval() {
        return commitInterval.get();
    }

    @Override
    public boolean marksPartitionTime() {
        return aligned;
    }

    @Override
    public long present() {
        return System.currentTimeMillis();
    }

    @Override
    public void observed(String topic, int partition, long eventTime) {
        throttle.acquire();
        if (eventTime >= 0) {
            newest.accumulate(eventTime);
        }
        LongAdder count = records.get(topic);
        if (count != null) {
            count.increment();
        }
    }

    /** Empty before the first record. */
    Optional<Instant> newest() {
        long millis = newest.get();
        return millis == Long.MIN_VALUE ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
    }

    /** Input records processed since this instance started. */
    long processed() {
        return records.values().stream().mapToLong(LongAdder::sum).sum();
    }

    /** The results that were lost. */
    LostResults lost() {
        return lost;
    }

    /** The problems found in inputs. */
    InputProblems problems() {
        return problems;
    }
}
