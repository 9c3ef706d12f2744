package dev.kappa.app.alignment;

import dev.kappa.reprocessing.cluster.TopicPositions;
import dev.kappa.topologies.streams.KnownPartitionsAssignor;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutionException;
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
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.streams.KafkaClientSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Kafka's own clients. Producers refuse records that are too large, and main consumers hand over bounded bytes ({@link FetchBudget}). Both tell
 * {@link StoreCommits} of commits; main consumers ask {@link MissingOffsets} where to read, read no inputs while they are to wait, and
 * read tables before the events that are joined with them ({@link TableEnds}).
 */
public class BoundedClients implements KafkaClientSupplier {

    private static final Logger log = LoggerFactory.getLogger(BoundedClients.class);

    /** Answers usually take milliseconds. A thread that waits longer does nothing for other tasks. */
    private static final Duration ANSWER_WAIT = Duration.ofMillis(250);

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
     * @param tables of the version's joins
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
        return mainConsumer(config);
    }

    final MainConsumer mainConsumer(Map<String, Object> config) {
        return new MainConsumer(KnownPartitionsAssignor.in(config, partitions), new FetchBudget(maxRecordBytes));
    }

    final class MainConsumer extends KafkaConsumer<byte[], byte[]> {

        private final FetchBudget budget;
        private final TableEnds tableEnds = new TableEnds(tables.byEvents());

        /** Answers that are awaited. */
        private final Map<TopicPartition, KafkaFuture<Long>> answers = new HashMap<>();

        /** Partitions that are paused during one poll. */
        private Set<TopicPartition> skipped = Set.of();

        private MainConsumer(Map<String, Object> config, FetchBudget budget) {
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
            skipped = isThrottled || tableEnds.isWaiting() ? toSkip(isThrottled) : Set.of();
            super.pause(skipped);
            ConsumerRecords<byte[], byte[]> polled;
            try {
                polled = placed(() -> super.poll(longest));
            } finally {
                if (!skipped.isEmpty()) {
                    skipped.retainAll(assignment());
                    resume(skipped);
                }
            }
            askForEndsOfTables(polled);
            return polled;
        }

        /** The partitions that the next poll is not to read: all inputs, or events that wait for tables. */
        private Set<TopicPartition> toSkip(boolean isThrottled) {
            long now = now();
            Set<TopicPartition> skip = assignment().stream()
                    .filter(partition -> (isThrottled && partitions.containsKey(partition.topic()))
                            || tableEnds.areEnough(partition, now))
                    .collect(Collectors.toCollection(HashSet::new));
            skip.removeAll(paused());
            return skip;
        }

        /** Kafka Streams pauses the partitions of a task that it restores, in the middle of a poll. They stay paused. */
        @Override
        public void pause(Collection<TopicPartition> paused) {
            if (!skipped.isEmpty()) {
                skipped.removeAll(paused);
            }
            super.pause(paused);
        }

        /** Where events were read, asks for the ends of their tables, unless an earlier answer serves. */
        private void askForEndsOfTables(ConsumerRecords<byte[], byte[]> polled) {
            Map<TopicPartition, TableEnds.Progress> events = polled.partitions().stream()
                    .filter(partition -> tableEnds.haveTables(partition.topic()))
                    .collect(Collectors.toMap(Function.identity(), partition -> progress(polled, partition)));
            if (events.isEmpty() && !tableEnds.isWaiting()) {
                return;
            }
            Set<TopicPartition> ask = tableEnds.read(events, assignment(), now());
            if (!ask.isEmpty()) {
                Map<TopicPartition, KafkaFuture<Long>> asked =
                        tables.askForEnds().apply(ask);
                answers.putAll(asked);
                awaitFor(ANSWER_WAIT, KafkaFuture.allOf(asked.values().toArray(new KafkaFuture<?>[0])));
            }
            answers.entrySet().removeIf(answer -> isTaken(answer.getKey(), answer.getValue()));
            tableEnds.compare(this::positionIfKnown);
        }

        private static long now() {
            return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
        }

        private static void awaitFor(Duration longest, KafkaFuture<?> answers) {
            try {
                answers.get(longest.toMillis(), TimeUnit.MILLISECONDS);
            } catch (java.util.concurrent.TimeoutException | ExecutionException notAll) {
                // Each is looked at by itself.
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            }
        }

        /** Takes an answer, if it has come. */
        private boolean isTaken(TopicPartition partition, KafkaFuture<Long> answer) {
            if (!answer.isDone()) {
                return false;
            }
            try {
                tableEnds.answered(partition, TopicPositions.await(answer), now());
            } catch (KafkaException notAnswered) {
                // Those that go away by themselves are no news.
                log.atLevel(notAnswered instanceof RetriableException ? Level.DEBUG : Level.WARN)
                        .log(
                                "The end of a table is not known, and its events wait: partition={} reason=\"{}\"",
                                partition,
                                notAnswered.getMessage());
                tableEnds.notAnswered(partition, now());
            }
            return true;
        }

        private TableEnds.Progress progress(ConsumerRecords<byte[], byte[]> polled, TopicPartition partition) {
            long position = polled.records(partition).getLast().offset() + 1;
            return new TableEnds.Progress(
                    position, position + super.currentLag(partition).orElse(0));
        }

        private OptionalLong positionIfKnown(TopicPartition partition) {
            try {
                return OptionalLong.of(placed(() -> super.position(partition, Duration.ZERO)));
            } catch (TimeoutException notKnown) {
                return OptionalLong.empty();
            }
        }

        /**
         * What Kafka Streams goes by: a task processes nothing while a partition with a lag has no records in it. So it waits for a table that events
         * need, and not for events that are not to be read before that.
         */
        @Override
        public OptionalLong currentLag(TopicPartition partition) {
            if (tableEnds.isUnread(partition)) {
                return OptionalLong.of(Math.max(1, lagOfLog(partition).orElse(1)));
            }
            return tableEnds.areEnough(partition, now()) ? OptionalLong.of(0) : lagOfLog(partition);
        }

        /** How far the consumer is behind the end of a partition, as far as it knows. */
        OptionalLong lagOfLog(TopicPartition partition) {
            return super.currentLag(partition);
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
