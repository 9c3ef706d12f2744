package dev.kappa.app.alignment;

import dev.kappa.topologies.streams.KnownPartitionsAssignor;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.streams.KafkaClientSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kafka's own clients. Producers refuse records that are too large, and main consumers hand over bounded bytes ({@link FetchBudget}). Both tell
 * {@link StoreCommits} of commits; main consumers ask {@link MissingOffsets} where to read, read no inputs while they are to wait, and
 * take no table for read to its end without knowing ({@link TableEnds}).
 */
public class BoundedClients implements KafkaClientSupplier {

    private static final Logger log = LoggerFactory.getLogger(BoundedClients.class);

    /** An answer that is overdue for so long may not come. */
    private static final Duration OVERDUE = Duration.ofSeconds(1);

    private static final Duration LOOK_INTERVAL = Duration.ofMillis(100);
    private static final Duration ASK_TIMEOUT = Duration.ofMillis(250);

    private final StoreCommits commits;
    private final MissingOffsets missing;
    private final Map<String, Integer> partitions;
    private final Set<String> tables;
    private final Supplier<Duration> pause;
    private final int maxRecordBytes;

    /**
     * Makes nothing yet.
     *
     * @param commits of the version's stream threads
     * @param missing decides where partitions are read that have no usable offset
     * @param partitions how many partitions of each input topic are read
     * @param tables topics that joins look up
     * @param pause how long no input is to be read
     * @param maxRecordBytes the most bytes that the value of a record may have; of a larger one it is left out
     */
    public BoundedClients(
            StoreCommits commits,
            MissingOffsets missing,
            Map<String, Integer> partitions,
            Set<String> tables,
            Supplier<Duration> pause,
            int maxRecordBytes) {
        this.maxRecordBytes = maxRecordBytes;
        this.commits = commits;
        this.missing = missing;
        this.partitions = Map.copyOf(partitions);
        this.tables = Set.copyOf(tables);
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
        private final TableEnds ends;
        private final String clientId;
        private long nextLook;

        MainConsumer(Map<String, Object> config, FetchBudget budget) {
            super(config, budget.keys(), budget.values());
            this.budget = budget;
            Object fetchMaxWait = config.getOrDefault(
                    ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, ConsumerConfig.DEFAULT_FETCH_MAX_WAIT_MS);
            this.ends = new TableEnds(Long.parseLong(String.valueOf(fetchMaxWait)), OVERDUE.toMillis());
            this.clientId = String.valueOf(config.get(ConsumerConfig.CLIENT_ID_CONFIG));
        }

        @Override
        public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
            commits.end();
            missing.requirePlace();
            lookAtTables();
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

        /** Asks the leaders of tables for their ends, where these are not known. Without an answer, it asks again later. */
        private void lookAtTables() {
            if (tables.isEmpty()) {
                return;
            }
            long now = TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
            if (now >= nextLook) {
                nextLook = now + LOOK_INTERVAL.toMillis();
                Map<TopicPartition, TableEnds.Leader> leaders = leaders();
                ends.look(leaders, now).stream()
                        .collect(Collectors.groupingBy(leaders::get))
                        .values()
                        .forEach(ofOneLeader -> orLater(() -> endOffsets(ofOneLeader, ASK_TIMEOUT)
                                .forEach((partition, end) -> ends.named(partition, end, now))));
            }
            for (TopicPartition partition : ends.unread(this::assignment)) {
                orLater(() -> ends.read(partition, placed(() -> super.position(partition, ASK_TIMEOUT))));
            }
        }

        private static void orLater(Runnable question) {
            try {
                question.run();
            } catch (TimeoutException unreachable) {
                log.debug("A broker does not answer: reason=\"{}\"", unreachable.getMessage());
            }
        }

        /** The leaders of the partitions of tables that are read here. */
        private Map<TopicPartition, TableEnds.Leader> leaders() {
            var leaders = new HashMap<TopicPartition, TableEnds.Leader>();
            assignment().stream()
                    .filter(partition -> tables.contains(partition.topic()))
                    .forEach(partition -> leaders.put(partition, TableEnds.Leader.NONE));
            leaders.keySet().stream()
                    .map(TopicPartition::topic)
                    .distinct()
                    .forEach(topic -> orLater(() -> partitionsFor(topic, ASK_TIMEOUT).stream()
                            .filter(info -> info.leader() != null)
                            .forEach(info -> leaders.replace(
                                    new TopicPartition(topic, info.partition()),
                                    new TableEnds.Leader(
                                            info.leader().id(),
                                            answers(info.leader().id()))))));
            return leaders;
        }

        /** How many answers of a broker, other than those of group coordinators, have arrived. */
        private double answers(int broker) {
            Metric answers = metrics()
                    .get(new MetricName(
                            "response-total",
                            "consumer-node-metrics",
                            "",
                            Map.of("client-id", clientId, "node-id", "node-" + broker)));
            return answers == null ? 0 : (double) answers.metricValue();
        }

        /** A partition whose end is not known may hold a record more: Kafka Streams and the alignment then wait for it. */
        @Override
        public OptionalLong currentLag(TopicPartition partition) {
            OptionalLong lag = super.currentLag(partition);
            return ends.isUnknown(partition) ? OptionalLong.of(Math.max(1, lag.orElse(1))) : lag;
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
