package dev.kappa.app.alignment;

import dev.kappa.app.alignment.Position.Standing;
import dev.kappa.topologies.eventtime.InputScan;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * A source partition that a consumer reads: the records that are held back, how far the others have been committed, and where it
 * stands. Not thread-safe.
 */
final class SourcePartition {

    /** Memory of a record beside its key and value. */
    private static final int RECORD_OVERHEAD_BYTES = 200;

    /** Once everything before the offset is committed, the partition has come to the time. */
    private record CommitMark(long offset, long time) {}

    /** A record that is held back, or about to be handed over. */
    record HeldRecord(ConsumerRecord<byte[], byte[]> record, InputScan.Found found) {

        long time() {
            return found.time();
        }

        boolean isUsable() {
            return time() != Position.NO_TIME;
        }

        int bytes() {
            return RECORD_OVERHEAD_BYTES + record.serializedKeySize() + record.serializedValueSize();
        }
    }

    private final TopicPartition partition;
    private final AlignedInput input;
    private final Deque<HeldRecord> held = new ArrayDeque<>();
    private final Deque<CommitMark> marks = new ArrayDeque<>();
    private long heldBytes;

    /** Held records that have a time. */
    private int usable;

    /** Whether the record that was read last has no time. */
    private boolean isUnusable;

    private @Nullable OffsetAndMetadata next;
    private boolean isNextNew;
    private boolean hasBegun;
    private boolean hasEnded;
    private long time = Position.NO_TIME;
    private long latestHandedOver = Position.NO_TIME;
    private long latestLeftOut = Position.NO_TIME;
    private Standing standing = Standing.UNKNOWN;
    private long standingSince;
    private long busySince;
    private long endWhenAssigned = -1;

    SourcePartition(TopicPartition partition, AlignedInput input) {
        this.partition = partition;
        this.input = input;
    }

    TopicPartition partition() {
        return partition;
    }

    AlignedInput input() {
        return input;
    }

    boolean isEmpty() {
        return held.isEmpty();
    }

    int size() {
        return held.size();
    }

    long heldBytes() {
        return heldBytes;
    }

    /** The first record that is held back; there is one. */
    HeldRecord head() {
        return held.getFirst();
    }

    /** Since when it has had something to read, in milliseconds since the epoch. */
    long busySince() {
        return busySince;
    }

    /** Whether something was handed over that is not known to be committed. */
    boolean awaitsCommit() {
        return !marks.isEmpty();
    }

    /** Whether its end has been reached since it was assigned. */
    boolean hasEnded() {
        return hasEnded;
    }

    /**
     * Takes over what was polled of the partition.
     *
     * @param nextOffset the offset after that; null when the poll told none
     */
    void hold(List<ConsumerRecord<byte[], byte[]>> records, @Nullable OffsetAndMetadata nextOffset, long now) {
        if (!records.isEmpty() && standing != Standing.READING) {
            busySince = now;
        }
        for (ConsumerRecord<byte[], byte[]> record : records) {
            var last = new HeldRecord(record, input.look(record));
            held.add(last);
            heldBytes += last.bytes();
            isUnusable = !last.isUsable();
            usable += last.isUsable() ? 1 : 0;
        }
        if (nextOffset != null) {
            next = nextOffset;
            isNextNew = true;
        }
        if (!records.isEmpty() && !hasBegun) {
            hasBegun = true;
            time = head().time();
        }
    }

    /** Takes the first record off. */
    HeldRecord release() {
        HeldRecord first = held.removeFirst();
        heldBytes -= first.bytes();
        usable -= first.isUsable() ? 1 : 0;
        return first;
    }

    /** Takes note of a record that is handed over. */
    void handedOver(HeldRecord record) {
        latestHandedOver = Math.max(latestHandedOver, record.time());
    }

    /** Takes note of a record that Kafka Streams is not given. */
    void leftOut(HeldRecord record) {
        latestLeftOut = Math.max(latestLeftOut, record.time());
    }

    /** The latest event time of records that were left out; {@link Position#NO_TIME} when none was. */
    long latestLeftOut() {
        return latestLeftOut;
    }

    /** Once everything up to a record is committed, the partition has come to the latest time so far. */
    void markCommit(HeldRecord upTo) {
        if (input.isReadByCommit()) {
            marks.add(new CommitMark(upTo.record().offset() + 1, Math.max(latestHandedOver, latestLeftOut)));
        }
    }

    /**
     * The offset from which Kafka Streams would read on; null when it has not moved.
     *
     * @param isHandingOver whether records are handed over now
     * @param isPaused whether Kafka Streams has paused the partition
     */
    @Nullable
    OffsetAndMetadata reached(boolean isHandingOver, boolean isPaused) {
        boolean isAtNewEnd = isNextNew && held.isEmpty() && !isPaused;
        if (!isHandingOver && !isAtNewEnd) {
            return null;
        }
        isNextNew = isNextNew && !held.isEmpty();
        return held.isEmpty()
                ? next
                : new OffsetAndMetadata(
                        head().record().offset(), head().record().leaderEpoch(), "");
    }

    /**
     * Where the partition stands now.
     *
     * @param committed offset of its first record that is not committed
     * @param log what the consumer knows of its log
     * @param isFed whether the input that feeds it, if one does, has been read; see {@link AlignedInput#fedBy}
     * @param isHistory whether the end is what a replay is to catch up with
     */
    Position locate(long committed, PartitionLog log, boolean isFed, boolean isHistory, long now) {
        if (!input.isReadByCommit()) {
            time = latestHandedOver;
        } else {
            while (!marks.isEmpty() && marks.getFirst().offset() <= committed) {
                time = Math.max(time, marks.removeFirst().time());
            }
            if (marks.isEmpty() && !held.isEmpty()) {
                time = Math.max(time, head().time());
            }
        }
        Standing found = standing(committed, log, isFed, isHistory);
        if (found != standing) {
            standing = found;
            standingSince = now;
        }
        return new Position(time, standing, standingSince);
    }

    private Standing standing(long committed, PartitionLog log, boolean isFed, boolean isHistory) {
        boolean isAtEnd = held.isEmpty() && log.lag(partition).orElse(1) == 0;
        hasEnded |= isAtEnd;
        boolean isLoading = standing == Standing.UNKNOWN || standing == Standing.LOADING;
        if (input.fedBy().isPresent() && isLoading && !(isFed && isFilled(log))) {
            return Standing.LOADING;
        }
        if (isAtEnd && marks.isEmpty()) {
            return isHistory ? Standing.OVER : Standing.AT_END;
        }
        if (input.isTable() && standing != Standing.READING && standing != Standing.AT_END) {
            return isLoaded(committed, log) ? Standing.READING : Standing.LOADING;
        }
        if (!input.isTable() && hasOnlyUnusable()) {
            // Unusable records have no time, and may never end: the partition holds others no longer than one at its
            // end.
            return Standing.AT_END;
        }
        return hasBegun || standing != Standing.UNKNOWN ? Standing.READING : Standing.UNKNOWN;
    }

    /** Whether no record that was read lately has a time that counts, and everything before is done. */
    private boolean hasOnlyUnusable() {
        return isUnusable
                && usable == 0
                && marks.stream().allMatch(mark -> mark.time() == Position.NO_TIME || mark.time() <= time);
    }

    /** Whether everything that a table held when it was assigned has been read. */
    private boolean isLoaded(long committed, PartitionLog log) {
        long end = endWhenAssigned(log);
        if (input.isReadByCommit() && committed >= end) {
            return true;
        }
        return held.isEmpty() && marks.isEmpty() && next != null && next.offset() >= end;
    }

    /**
     * Whether everything that was in the repartition topic has been read, after its input was. The lag that the consumer knows may be
     * older than that.
     */
    private boolean isFilled(PartitionLog log) {
        return held.isEmpty() && log.lag(partition).isPresent() && log.position(partition) >= endWhenAssigned(log);
    }

    private long endWhenAssigned(PartitionLog log) {
        if (endWhenAssigned < 0) {
            endWhenAssigned = log.end(partition);
        }
        return endWhenAssigned;
    }

    @Override
    public String toString() {
        return Objects.toString(partition) + " " + standing + " held=" + held.size();
    }
}
