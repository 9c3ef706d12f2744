package dev.kappa.app.alignment;

import dev.kappa.topologies.streams.KnownPartitionsAssignor;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.streams.KafkaClientSupplier;

/**
 * Kafka's own clients. Producers refuse records that are too large, and main consumers hand over bounded bytes ({@link FetchBudget}). Both tell
 * {@link StoreCommits} of commits; main consumers ask {@link MissingOffsets} where to read, read no inputs while they are to wait, and
 * read tables before the events that are joined with them ({@link TableEnds}).
 */
public class BoundedClients implements KafkaClientSupplier {

    private static final Duration POSITION_TIMEOUT = Duration.ofMillis(250);

    private final StoreCommits commits;
    private final MissingOffsets missing;
    private final Map<String, Integer> partitions;
    private final JoinedTables tables;
    private final Supplier<Duration> pause;
    private final int maxRecordBytes;

    /**
     * Makes nothing yet.
     *
     * @param commits of the version's stream threads
     * @param missing decides where partitions are read that have no usable offset
     * @param partitions how many partitions of each input topic are read
     * @param tables those that joins look up
     * @param pause how long no input is to be read
     * @param maxRecordBytes the most bytes that the value of a record may have; of a larger one it is left out
     */
    public BoundedClients(
            StoreCommits commits,
            MissingOffsets missing,
            Map<String, Integer> partitions,
            JoinedTables tables,
            Supplier<Duration> pause,
            int maxRecordBytes) {
        this.maxRecordBytes = maxRecordBytes;
        this.commits = commits;
        this.missing = missing;
        this.partitions = Map.copyOf(partitions);
        this.tables = tables;
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
        private final TableEnds ends = new TableEnds(tables.byEvents());

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
            boolean isThrottled = !wait.isZero();
            Duration longest = isThrottled && wait.compareTo(timeout) < 0 ? wait : timeout;
            Set<TopicPartition> left = isThrottled || ends.isWaiting() ? left(isThrottled) : Set.of();
            ConsumerRecords<byte[], byte[]> polled = leaving(left, () -> placed(() -> super.poll(longest)));
            readTablesUpTo(polled);
            return polled;
        }

        /** The partitions that the next poll is not to read: all inputs, or events that wait for tables. */
        private Set<TopicPartition> left(boolean isThrottled) {
            Set<TopicPartition> left = assignment().stream()
                    .filter(partition ->
                            (isThrottled && partitions.containsKey(partition.topic())) || ends.isWaiting(partition))
                    .collect(Collectors.toCollection(HashSet::new));
            left.removeAll(paused());
            return left;
        }

        private <T> T leaving(Set<TopicPartition> left, Supplier<T> poll) {
            if (left.isEmpty()) {
                return poll.get();
            }
            pause(left);
            try {
                return poll.get();
            } finally {
                left.retainAll(assignment());
                resume(left);
            }
        }

        /** Asks for the ends of tables, where events were read that they were not asked for. */
        private void readTablesUpTo(ConsumerRecords<byte[], byte[]> polled) {
            Map<TopicPartition, TableEnds.Progress> events = polled.partitions().stream()
                    .filter(partition -> ends.areJoined(partition.topic()))
                    .collect(Collectors.toMap(Function.identity(), partition -> progress(polled, partition)));
            if (events.isEmpty() && !ends.isWaiting()) {
                return;
            }
            Set<TopicPartition> ask = ends.read(events, assignment(), TimeUnit.NANOSECONDS.toMillis(System.nanoTime()));
            if (!ask.isEmpty()) {
                ends.named(tables.ends().apply(ask));
            }
            ends.compare(this::positionIfKnown);
        }

        private TableEnds.Progress progress(ConsumerRecords<byte[], byte[]> polled, TopicPartition partition) {
            long position = polled.records(partition).getLast().offset() + 1;
            return new TableEnds.Progress(
                    position, position + super.currentLag(partition).orElse(0));
        }

        private OptionalLong positionIfKnown(TopicPartition partition) {
            try {
                return OptionalLong.of(placed(() -> super.position(partition, POSITION_TIMEOUT)));
            } catch (TimeoutException notKnown) {
                return OptionalLong.empty();
            }
        }

        /** A partition that events need may hold a record more: Kafka Streams and the alignment then wait for it. */
        @Override
        public OptionalLong currentLag(TopicPartition partition) {
            OptionalLong lag = super.currentLag(partition);
            return ends.isUnread(partition) ? OptionalLong.of(Math.max(1, lag.orElse(1))) : lag;
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
