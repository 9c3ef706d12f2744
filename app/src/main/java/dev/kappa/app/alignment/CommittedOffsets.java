package dev.kappa.app.alignment;

import dev.kappa.topologies.streams.CommittedPartitionTime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;

/**
 * Up to where each source partition has been processed, with all that came of it in the log for others to read: what the
 * producers' transactions have committed. Thread-safe.
 *
 * <p>With each offset Kafka Streams commits the time of the partition, and continues from that time when it reads from that
 * offset again. What it says lacks records that it was not given, and is completed here.
 */
final class CommittedOffsets {

    /** Before the record at the offset, records up to the time were left out. */
    private record LeftOut(long offset, long time) {}

    /** One new commit counts as much as so many before. */
    private static final int MEMORY = 4;

    /** No commit is under way. */
    private static final long NOT_BEGUN = Long.MIN_VALUE;

    private final Map<TopicPartition, Long> committed = new ConcurrentHashMap<>();
    private final Map<TopicPartition, Deque<LeftOut>> leftOut = new ConcurrentHashMap<>();

    private final AtomicLong nanos = new AtomicLong();

    /** How long commits take lately, of all threads; zero before the first. */
    Duration took() {
        return Duration.ofNanos(nanos.get());
    }

    /** Offset of the first record that is not committed; -1 when nothing was committed since the instance started. */
    long of(TopicPartition partition) {
        return committed.getOrDefault(partition, -1L);
    }

    /**
     * Takes note of a record before which there are others that Kafka Streams is not given. Called by the thread that reads the
     * partition, which is the one that commits it.
     *
     * @param time the latest of their event times
     */
    void leftOutBefore(TopicPartition partition, long offset, long time) {
        Deque<LeftOut> before = leftOut.computeIfAbsent(partition, _ -> new ArrayDeque<>());
        if (before.isEmpty() || before.getLast().time() < time) {
            before.add(new LeftOut(offset, time));
        }
    }

    /** The partition will be read from its committed offset, by this consumer or another. */
    void forget(TopicPartition partition) {
        leftOut.remove(partition);
    }

    private OffsetAndMetadata completed(TopicPartition partition, OffsetAndMetadata offset) {
        Deque<LeftOut> before = leftOut.getOrDefault(partition, new ArrayDeque<>());
        long time = Long.MIN_VALUE;
        while (!before.isEmpty() && before.getFirst().offset() <= offset.offset()) {
            time = before.removeFirst().time();
        }
        if (time != Long.MIN_VALUE) {
            // The same may be committed again, for what other partitions of the task have come to.
            before.addFirst(new LeftOut(offset.offset(), time));
        }
        return CommittedPartitionTime.atLeast(offset, time);
    }

    /** The same producer, whose transactions are watched. Used by one thread, as Kafka Streams does. */
    Producer<byte[], byte[]> watching(Producer<byte[], byte[]> producer) {
        return new WatchedProducer(producer);
    }

    private final class WatchedProducer extends DelegatingProducer {

        private final Producer<byte[], byte[]> producer;
        private final Map<TopicPartition, Long> pending = new HashMap<>();
        private long begun = NOT_BEGUN;

        WatchedProducer(Producer<byte[], byte[]> producer) {
            super(producer);
            this.producer = producer;
        }

        @Override
        public void flush() {
            if (begun == NOT_BEGUN) {
                // Kafka Streams begins a commit with one for each task.
                begun = System.nanoTime();
            }
            producer.flush();
        }

        @Override
        public void sendOffsetsToTransaction(
                Map<TopicPartition, OffsetAndMetadata> offsets, ConsumerGroupMetadata group) {
            var completed = new HashMap<TopicPartition, OffsetAndMetadata>();
            offsets.forEach((partition, offset) -> completed.put(partition, completed(partition, offset)));
            producer.sendOffsetsToTransaction(completed, group);
            completed.forEach((partition, offset) -> pending.put(partition, offset.offset()));
        }

        @Override
        public void commitTransaction() {
            producer.commitTransaction();
            committed.putAll(pending);
            pending.clear();
            nanos.accumulateAndGet(System.nanoTime() - begun, (before, latest) -> before + (latest - before) / MEMORY);
            begun = NOT_BEGUN;
        }

        @Override
        public void abortTransaction() {
            producer.abortTransaction();
            pending.clear();
            begun = NOT_BEGUN;
        }
    }
}
