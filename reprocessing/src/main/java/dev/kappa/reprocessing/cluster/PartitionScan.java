package dev.kappa.reprocessing.cluster;

import java.time.Duration;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/** Reads partitions from where a consumer stands to ends that are known. Used by one thread, as the consumer is. */
public final class PartitionScan {

    private static final Duration POLL = Duration.ofMillis(100);

    /** No record could be read for too long, and the end is not reached. */
    public static final class StalledException extends TimeoutException {

        private static final long serialVersionUID = 1L;

        private StalledException(String message) {
            super(message);
        }
    }

    private final Consumer<byte[], byte[]> consumer;
    private final Map<TopicPartition, Long> ends;
    private final Duration patience;
    private final Runnable beforePoll;

    /**
     * A scan of partitions that are assigned to the consumer.
     *
     * @param ends the offset after the last record that is read, of each partition
     * @param patience maximum time without progress
     */
    public PartitionScan(Consumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends, Duration patience) {
        this(consumer, ends, patience, () -> {});
    }

    /**
     * The same, with something to do before each poll.
     *
     * @param beforePoll may throw to end the scan
     */
    public PartitionScan(
            Consumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends, Duration patience, Runnable beforePoll) {
        this.consumer = consumer;
        this.ends = Map.copyOf(ends);
        this.patience = patience;
        this.beforePoll = beforePoll;
    }

    /**
     * Reads all records before the ends. The consumer may have read more when the method returns, and those are lost to it.
     *
     * @throws StalledException when there was no progress for too long
     */
    public void forEach(java.util.function.Consumer<ConsumerRecord<byte[], byte[]>> action) {
        until(record -> {
            action.accept(record);
            return false;
        });
    }

    /**
     * Reads all records before the ends, and those behind them that come along: for a consumer that is read on afterwards.
     *
     * @throws StalledException when there was no progress for too long
     */
    public void forEachPolled(java.util.function.Consumer<ConsumerRecord<byte[], byte[]>> action) {
        scan(record -> {
            action.accept(record);
            return false;
        });
    }

    /**
     * Reads records before the ends until one of them is the last that is wanted.
     *
     * @throws StalledException when there was no progress for too long
     */
    public void until(Predicate<ConsumerRecord<byte[], byte[]>> isLast) {
        scan(record -> {
            var partition = new TopicPartition(record.topic(), record.partition());
            return record.offset() < ends.getOrDefault(partition, 0L) && isLast.test(record);
        });
    }

    private void scan(Predicate<ConsumerRecord<byte[], byte[]>> isLast) {
        long movedAt = System.nanoTime();
        long position = position();
        while (!isAtEnd()) {
            beforePoll.run();
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                if (isLast.test(record)) {
                    return;
                }
            }
            long now = position();
            if (now != position) {
                position = now;
                movedAt = System.nanoTime();
            } else if (System.nanoTime() - movedAt > patience.toNanos()) {
                throw new StalledException("No record could be read for " + patience.toSeconds() + " s; of "
                        + ends.keySet() + " the offsets " + position + " of "
                        + ends.values().stream().mapToLong(Long::longValue).sum() + " were reached");
            }
        }
    }

    private boolean isAtEnd() {
        return ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
    }

    /** The sum of all positions. */
    private long position() {
        return ends.keySet().stream().mapToLong(consumer::position).sum();
    }
}
