package dev.kappa.app.alignment;

import dev.kappa.topologies.streams.KnownPartitionsAssignor;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.streams.KafkaClientSupplier;

/**
 * Kafka's own clients. Producers refuse records that are too large, and main consumers hand over bounded bytes ({@link FetchBudget}). Both tell
 * {@link StoreCommits} of commits; main consumers ask {@link MissingOffsets} where to read, and read no inputs while they are to wait.
 */
public class BoundedClients implements KafkaClientSupplier {

    private final StoreCommits commits;
    private final MissingOffsets missing;
    private final Map<String, Integer> partitions;
    private final Supplier<Duration> pause;
    private final int maxRecordBytes;

    /**
     * Makes nothing yet.
     *
     * @param commits of the version's stream threads
     * @param missing decides where partitions are read that have no usable offset
     * @param partitions how many partitions of each input topic are read
     * @param pause how long no input is to be read
     * @param maxRecordBytes the most bytes that the value of a record may have; of a larger one it is left out
     */
    public BoundedClients(
            StoreCommits commits,
            MissingOffsets missing,
            Map<String, Integer> partitions,
            Supplier<Duration> pause,
            int maxRecordBytes) {
        this.maxRecordBytes = maxRecordBytes;
        this.commits = commits;
        this.missing = missing;
        this.partitions = Map.copyOf(partitions);
        this.pause = pause;
    }

    @Override
    public Admin getAdmin(Map<String, Object> config) {
        return Admin.create(config);
    }

    @Override
    public Producer<byte[], byte[]> getProducer(Map<String, Object> config) {
        return new BoundedProducer(config, commits);
    }

    @Override
    public Consumer<byte[], byte[]> getConsumer(Map<String, Object> config) {
        return new MainConsumer(KnownPartitionsAssignor.in(config, partitions), new FetchBudget(maxRecordBytes));
    }

    private final class MainConsumer extends KafkaConsumer<byte[], byte[]> {

        private final FetchBudget budget;

        MainConsumer(Map<String, Object> config, FetchBudget budget) {
            super(config, budget.keys(), budget.values());
            this.budget = budget;
        }

        @Override
        public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
            commits.end();
            missing.requirePlace();
            budget.begin();
            Duration wait = pause.get();
            if (wait.isZero()) {
                return placed(() -> super.poll(timeout));
            }
            Duration longest = wait.compareTo(timeout) < 0 ? wait : timeout;
            var inputs = new HashSet<TopicPartition>();
            assignment().stream()
                    .filter(partition -> partitions.containsKey(partition.topic()))
                    .forEach(inputs::add);
            inputs.removeAll(paused());
            pause(inputs);
            try {
                return placed(() -> super.poll(longest));
            } finally {
                inputs.retainAll(assignment());
                resume(inputs);
            }
        }

        @Override
        public long position(TopicPartition partition) {
            return placed(() -> super.position(partition));
        }

        /** Does something that needs positions; decides about those that are missing, and does it again. */
        private <T> T placed(Supplier<T> action) {
            while (true) {
                try {
                    return action.get();
                } catch (NoOffsetForPartitionException e) {
                    e.partitions().forEach(partition -> seek(partition, missing.ofUncommitted(partition)));
                } catch (OffsetOutOfRangeException e) {
                    e.offsetOutOfRangePartitions().forEach(this::seekIntoRange);
                }
            }
        }

        private void seekIntoRange(TopicPartition partition, long position) {
            List<TopicPartition> only = List.of(partition);
            long begin = Objects.requireNonNull(beginningOffsets(only).get(partition));
            long end = Objects.requireNonNull(endOffsets(only).get(partition));
            seek(partition, missing.ofOutOfRange(partition, position, begin, end));
        }

        @Override
        public void close(CloseOptions options) {
            commits.end();
            super.close(options);
        }
    }

    @Override
    public Consumer<byte[], byte[]> getRestoreConsumer(Map<String, Object> config) {
        return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    @Override
    public Consumer<byte[], byte[]> getGlobalConsumer(Map<String, Object> config) {
        return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }
}
