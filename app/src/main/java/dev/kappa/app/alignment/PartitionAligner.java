package dev.kappa.app.alignment;

import dev.kappa.app.alignment.Alignment.Limit;
import dev.kappa.app.alignment.SourcePartition.HeldRecord;
import dev.kappa.topologies.eventtime.InputScan;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Decides, for one consumer, which of the records that were polled are handed over to Kafka Streams, and which partitions are paused
 * because much of them is held back. Does no I/O but what {@link PartitionLog} and {@link InputScan} do. Not thread-safe.
 */
final class PartitionAligner {

    /** Bytes that a consumer holds back at most, beyond what one fetch brings. */
    static final long MAX_HELD_BYTES = 64L << 20;

    /** Bytes held of one partition at which it is paused, however few partitions there are; and however many there are. */
    static final long MAX_PAUSE_AT_BYTES = 4L << 20;

    static final long MIN_PAUSE_AT_BYTES = 64L << 10;

    /** A paused partition is resumed when this part of the bytes is held at which it was paused. */
    private static final int RESUME_AT_SHARE = 4;

    /** Lag at which the version is behind, in records: many times what comes between two commits of an ordinary one. */
    private static final long BEHIND_RECORDS = 20_000;

    /** How much a consumer has left to read. */
    enum Backlog {
        LITTLE,
        MUCH,
        /** It may hand over nothing of what it has, until others' commits, or its own, let it. */
        WAITING
    }

    /**
     * The records of one poll.
     *
     * @param records by partition
     * @param nextOffsets the offsets after them, where the poll told them
     */
    record Polled(
            Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> records,
            Map<TopicPartition, OffsetAndMetadata> nextOffsets) {}

    /**
     * The result of one step: records to deliver, offsets and pauses.
     *
     * @param records to hand over, by partition
     * @param nextOffsets the offsets after them
     * @param pause partitions to pause
     * @param resume partitions to resume
     * @param backlog what is left to read
     */
    record Step(
            Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> records,
            Map<TopicPartition, OffsetAndMetadata> nextOffsets,
            Set<TopicPartition> pause,
            Set<TopicPartition> resume,
            Backlog backlog) {}

    private final Alignment alignment;
    private final Map<String, AlignedInput> inputs;
    private final CommittedOffsets committed;
    private final PartitionLog log;
    private final BooleanSupplier isReplay;
    private final Map<TopicPartition, SourcePartition> sources = new HashMap<>();
    private final Set<TopicPartition> paused = new HashSet<>();
    private final Set<TopicPartition> pausedByStreams = new HashSet<>();

    /** Whether the records are history that the version has not seen yet, as in a replay. */
    private boolean isHistory;

    /** Whether the version, or a task of it, continues from a committed offset. */
    private boolean isContinued;

    PartitionAligner(
            Alignment alignment,
            Set<AlignedInput> inputs,
            CommittedOffsets committed,
            PartitionLog log,
            BooleanSupplier isReplay) {
        this.alignment = alignment;
        this.inputs = inputs.stream().collect(Collectors.toMap(AlignedInput::topic, Function.identity()));
        this.committed = committed;
        this.log = log;
        this.isReplay = isReplay;
    }

    Collection<AlignedInput> inputs() {
        return inputs.values();
    }

    boolean isInput(TopicPartition partition) {
        return inputs.containsKey(partition.topic());
    }

    boolean isTable(TopicPartition partition) {
        AlignedInput input = inputs.get(partition.topic());
        return input != null && input.isTable();
    }

    /** The first record that is held back of a partition; null when there is none. */
    @Nullable
    HeldRecord head(TopicPartition partition) {
        SourcePartition source = sources.get(partition);
        return source == null || source.isEmpty() ? null : source.head();
    }

    boolean isHolding() {
        return sources.values().stream().anyMatch(source -> !source.isEmpty());
    }

    /** Whether records were handed over that are not known to be committed; Kafka Streams commits between polls only. */
    boolean awaitsCommit() {
        return sources.values().stream().anyMatch(SourcePartition::awaitsCommit);
    }

    /** Whether the aligner has paused a partition. */
    boolean isPaused(TopicPartition partition) {
        return paused.contains(partition);
    }

    void pausedByStreams(Collection<TopicPartition> partitions) {
        pausedByStreams.addAll(partitions);
    }

    void resumedByStreams(Collection<TopicPartition> partitions) {
        pausedByStreams.removeAll(partitions);
    }

    /** Takes note of offsets from which Kafka Streams continues. */
    void foundCommitted(Collection<@Nullable OffsetAndMetadata> offsets) {
        isContinued |= offsets.stream().anyMatch(Objects::nonNull);
        isHistory = !isContinued;
    }

    /**
     * Drops the held records of partitions. The next consumer of a partition reads them again.
     *
     * @return those that were paused here
     */
    Set<TopicPartition> forget(Collection<TopicPartition> partitions) {
        var resume = new HashSet<TopicPartition>();
        for (TopicPartition partition : partitions) {
            if (sources.remove(partition) != null) {
                committed.forget(partition);
                alignment.gone(partition);
            }
            if (paused.remove(partition)) {
                resume.add(partition);
            }
        }
        return resume;
    }

    Set<TopicPartition> forgetAll() {
        return forget(List.copyOf(sources.keySet()));
    }

    /**
     * Decides.
     *
     * @param assignment the partitions that the consumer reads
     * @param now in milliseconds since the epoch
     */
    Step step(Polled polled, Set<TopicPartition> assignment, long now) {
        var records = new HashMap<TopicPartition, List<ConsumerRecord<byte[], byte[]>>>();
        var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
        Alignment.Limits limits = alignment.limits(now);
        boolean isHandingOver = false;
        boolean isWaiting = false;
        for (TopicPartition partition : assignment) {
            AlignedInput input = inputs.get(partition.topic());
            List<ConsumerRecord<byte[], byte[]>> found = polled.records().getOrDefault(partition, List.of());
            OffsetAndMetadata next = polled.nextOffsets().get(partition);
            if (input == null) {
                if (!found.isEmpty()) {
                    records.put(partition, found);
                }
                if (next != null) {
                    offsets.put(partition, next);
                }
                continue;
            }
            SourcePartition source = sources.computeIfAbsent(partition, _ -> new SourcePartition(partition, input));
            source.hold(found, next, now);
            boolean isPausedByStreams = pausedByStreams.contains(partition);
            List<ConsumerRecord<byte[], byte[]>> passing = releaseAllowed(source, isPausedByStreams, limits, now);
            if (!passing.isEmpty()) {
                records.put(partition, passing);
                isHandingOver = true;
            }
            isWaiting |= !source.isEmpty() && !isPausedByStreams;
            OffsetAndMetadata reached = source.reached(!passing.isEmpty(), isPausedByStreams);
            if (reached != null) {
                offsets.put(partition, reached);
            }
        }
        locate(now);
        var pause = new HashSet<TopicPartition>();
        var resume = new HashSet<TopicPartition>();
        pauseAndResume(pause, resume);
        return new Step(records, offsets, pause, resume, backlog(isWaiting && !isHandingOver));
    }

    /** Takes off what may be handed over. */
    private List<ConsumerRecord<byte[], byte[]>> releaseAllowed(
            SourcePartition source, boolean isPausedByStreams, Alignment.Limits limits, long now) {
        if (source.isEmpty()) {
            alignment.doesNotWait(source.partition());
            return List.of();
        }
        if (isPausedByStreams) {
            // Kafka Streams has enough of this one.
            return List.of();
        }
        Limit limit = limits.of(source.partition(), source.busySince());
        var passing = new ArrayList<ConsumerRecord<byte[], byte[]>>();
        HeldRecord last = null;
        while (!source.isEmpty() && limit.allows(source.head().time())) {
            last = source.release();
            if (last.found().needed()) {
                passing.add(handOver(source, last));
            } else {
                source.leftOut(last);
                source.input().scan().orElseThrow().leftOut(last.record(), last.time());
            }
        }
        if (source.isEmpty() || limit.on() == null) {
            alignment.doesNotWait(source.partition());
        } else {
            alignment.waits(new Alignment.Wait(
                    source.partition(), limit.on(), source.head().time(), now));
        }
        if (last == null) {
            return List.of();
        }
        if (!last.found().needed()) {
            // By it Kafka Streams knows how far the partition has come.
            passing.add(handOver(source, last));
        }
        source.markCommit(last);
        return passing;
    }

    private ConsumerRecord<byte[], byte[]> handOver(SourcePartition source, HeldRecord held) {
        InputScan.unmark(held.record().headers());
        if (source.latestLeftOut() != Position.NO_TIME) {
            InputScan.mark(held.record().headers(), source.latestLeftOut());
            committed.leftOutBefore(source.partition(), held.record().offset(), source.latestLeftOut());
        }
        source.handedOver(held);
        return held.record();
    }

    /** Tells the alignment where the partitions stand. */
    private void locate(long now) {
        for (SourcePartition source : sources.values()) {
            boolean isFed = source.input().fedBy().map(alignment::isRead).orElse(true);
            alignment.here(
                    source.partition(),
                    source.locate(
                            committed.of(source.partition()), log, isFed, isHistory || isReplay.getAsBoolean(), now));
        }
        if (isHistory && sources.values().stream().allMatch(SourcePartition::hasEnded)) {
            isHistory = false;
            isContinued = true;
        }
    }

    /** Bytes held of one partition at which it is paused, where a consumer reads so many. */
    static long pauseAtBytes(int partitions) {
        return Math.clamp(MAX_HELD_BYTES / Math.max(1, partitions), MIN_PAUSE_AT_BYTES, MAX_PAUSE_AT_BYTES);
    }

    private void pauseAndResume(Set<TopicPartition> pause, Set<TopicPartition> resume) {
        long pauseAt = pauseAtBytes(sources.size());
        for (SourcePartition source : sources.values()) {
            if (source.heldBytes() > pauseAt && paused.add(source.partition())) {
                pause.add(source.partition());
            } else if (source.heldBytes() <= pauseAt / RESUME_AT_SHARE && paused.remove(source.partition())) {
                resume.add(source.partition());
            }
        }
    }

    private Backlog backlog(boolean isWaiting) {
        if (isWaiting) {
            return Backlog.WAITING;
        }
        long left = 0;
        for (SourcePartition source : sources.values()) {
            left += source.size() + log.lag(source.partition()).orElse(0);
        }
        return left > BEHIND_RECORDS ? Backlog.MUCH : Backlog.LITTLE;
    }
}
