package dev.kappa.app.version;

import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.processor.StandbyUpdateListener;
import org.apache.kafka.streams.processor.StateRestoreListener;
import org.apache.kafka.streams.processor.TaskId;

/**
 * Counts what is read from changelogs, to restore stores and to keep copies of others', and what is left to restore. Tells {@link ReplicaLag} how far
 * that has come. Thread-safe.
 */
final class RestoredRecords implements StateRestoreListener, StandbyUpdateListener {

    private final ReplicaLag copies;
    private final InstantSource clock;
    private final LongAdder records = new LongAdder();
    private final Map<TopicPartition, Long> left = new ConcurrentHashMap<>();

    RestoredRecords(ReplicaLag copies, InstantSource clock) {
        this.copies = copies;
        this.clock = clock;
    }

    long count() {
        return records.sum();
    }

    /** Records that active stores are still to restore. */
    long left() {
        return left.values().stream().mapToLong(Long::longValue).sum();
    }

    @Override
    public void onRestoreStart(TopicPartition partition, String store, long from, long end) {
        left.put(partition, Math.max(0, end - from));
        copies.restoring(store, partition.partition(), clock.instant(), new ReplicaLag.Copy(from, end));
    }

    @Override
    public void onBatchRestored(TopicPartition partition, String store, long last, long restored) {
        records.add(restored);
        left.computeIfPresent(partition, (_, before) -> Math.max(0, before - restored));
        copies.reached(store, partition.partition(), clock.instant(), last + 1);
    }

    @Override
    public void onRestoreEnd(TopicPartition partition, String store, long restored) {
        left.remove(partition);
        copies.restored(store, partition.partition(), clock.instant());
    }

    @Override
    public void onRestoreSuspended(TopicPartition partition, String store, long restored) {
        left.remove(partition);
    }

    @Override
    public void onUpdateStart(TopicPartition partition, String store, long from) {
        copies.reached(store, partition.partition(), clock.instant(), from);
    }

    @Override
    public void onBatchLoaded(
            TopicPartition partition, String store, TaskId task, long last, long loaded, long endOffset) {
        records.add(loaded);
        copies.reached(store, partition.partition(), clock.instant(), last + 1);
    }

    @Override
    public void onUpdateSuspended(
            TopicPartition partition, String store, long offset, long endOffset, SuspendReason reason) {
        // Each batch has been told.
    }
}
