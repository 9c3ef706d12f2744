package dev.kappa.app.version;

import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.processor.StandbyUpdateListener;
import org.apache.kafka.streams.processor.StateRestoreListener;
import org.apache.kafka.streams.processor.TaskId;

/** Counts what is read from changelogs, to restore stores and to keep copies of others'. Thread-safe. */
final class RestoredRecords implements StateRestoreListener, StandbyUpdateListener {

    private final LongAdder records = new LongAdder();

    long count() {
        return records.sum();
    }

    @Override
    public void onRestoreStart(TopicPartition partition, String store, long from, long to) {
        // Nothing has been read yet.
    }

    @Override
    public void onBatchRestored(TopicPartition partition, String store, long to, long restored) {
        records.add(restored);
    }

    @Override
    public void onRestoreEnd(TopicPartition partition, String store, long restored) {
        // They were counted batch by batch.
    }

    @Override
    public void onUpdateStart(TopicPartition partition, String store, long from) {
        // Nothing has been read yet.
    }

    @Override
    public void onBatchLoaded(
            TopicPartition partition, String store, TaskId task, long to, long loaded, long endOffset) {
        records.add(loaded);
    }

    @Override
    public void onUpdateSuspended(
            TopicPartition partition, String store, long offset, long endOffset, SuspendReason reason) {
        // They were counted batch by batch.
    }
}
