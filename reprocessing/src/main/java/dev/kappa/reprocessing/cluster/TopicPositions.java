package dev.kappa.reprocessing.cluster;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/** Where topics begin and end, how large they are, and which times are at which offsets. Thread-safe. */
public final class TopicPositions {

    /** Partitions by topic, and those of a topic by number. */
    public static final Comparator<TopicPartition> BY_TOPIC_AND_NUMBER =
            Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition);

    private static final Duration SCAN_PATIENCE = Duration.ofSeconds(15);

    private final KafkaSettings settings;
    private final Admin admin;

    /** Asks through an admin client, which is the caller's to close. */
    public TopicPositions(KafkaSettings settings, Admin admin) {
        this.settings = settings;
        this.admin = admin;
    }

    /** Sizes of partitions on their brokers, where these say. */
    public Map<TopicPartition, Long> sizes(Iterable<TopicPartition> partitions) {
        var sizes = new HashMap<TopicPartition, Long>();
        var wanted = new ArrayList<TopicPartition>();
        partitions.forEach(wanted::add);
        try {
            List<Integer> brokers = await(admin.describeCluster().nodes()).stream()
                    .map(node -> node.id())
                    .toList();
            await(admin.describeLogDirs(brokers).allDescriptions())
                    .values()
                    .forEach(directories -> directories
                            .values()
                            .forEach(directory -> directory.replicaInfos().forEach((partition, replica) -> {
                                if (wanted.contains(partition)) {
                                    sizes.merge(partition, replica.size(), Math::max);
                                }
                            })));
            return sizes;
        } catch (AuthorizationException notAllowedToAsk) {
            return Map.of();
        }
    }

    /**
     * Those of some topics that are compacted.
     *
     * @throws RefusedException when this client may not see the settings of a topic
     */
    public Set<String> compacted(List<String> topics) {
        var compacted = new HashSet<String>();
        for (String topic : topics) {
            var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            try {
                await(admin.describeConfigs(List.of(resource)).all()).values().stream()
                        .map(config -> config.get(TopicConfig.CLEANUP_POLICY_CONFIG))
                        .filter(policy -> policy != null
                                && String.valueOf(policy.value()).contains(TopicConfig.CLEANUP_POLICY_COMPACT))
                        .forEach(_ -> compacted.add(topic));
            } catch (AuthorizationException e) {
                throw new RefusedException("Cannot determine whether topic " + topic
                        + " is compacted: this client is not authorized for DescribeConfigs on topic " + topic
                        + ". Allow it, so that a replay does not miss events silently.");
            }
        }
        return compacted;
    }

    /** Kafka's ids of topics, by name. A topic that was deleted and created again has another one. */
    public Map<String, String> ids(List<String> topics) {
        return describe(topics).entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, topic -> topic.getValue().topicId().toString()));
    }

    private Map<String, TopicDescription> describe(List<String> topics) {
        try {
            return await(admin.describeTopics(topics).allTopicNames());
        } catch (UnknownTopicOrPartitionException e) {
            throw new RefusedException("Of the topics " + topics + " one does not exist: " + e.getMessage());
        }
    }

    /** The partitions of topics, in order. */
    public List<TopicPartition> partitions(List<String> topics) {
        return describe(topics).values().stream()
                .flatMap(topic -> topic.partitions().stream()
                        .map(partition -> new TopicPartition(topic.name(), partition.partition())))
                .sorted((a, b) -> a.topic().equals(b.topic())
                        ? Integer.compare(a.partition(), b.partition())
                        : a.topic().compareTo(b.topic()))
                .toList();
    }

    /** The partitions of those topics that exist. */
    public List<TopicPartition> partitionsOfExisting(List<String> topics) {
        var partitions = new ArrayList<TopicPartition>();
        admin.describeTopics(topics).topicNameValues().forEach((topic, description) -> {
            try {
                await(description)
                        .partitions()
                        .forEach(partition -> partitions.add(new TopicPartition(topic, partition.partition())));
            } catch (UnknownTopicOrPartitionException notThereYet) {
                // Nothing can have been written to it.
            }
        });
        return partitions;
    }

    /** The offsets that a consumer group has committed; none for a group that does not exist. */
    public Map<TopicPartition, Long> committed(String group) {
        return committed(group, new ListConsumerGroupOffsetsSpec(), new ListConsumerGroupOffsetsOptions());
    }

    /**
     * The offsets that a consumer group has committed of some partitions. Waits while a transaction is about to commit such offsets: its records can be
     * visible before.
     */
    public Map<TopicPartition, Long> committedForSure(String group, Collection<TopicPartition> partitions) {
        return committed(
                group,
                new ListConsumerGroupOffsetsSpec().topicPartitions(partitions),
                new ListConsumerGroupOffsetsOptions().requireStable(true));
    }

    private Map<TopicPartition, Long> committed(
            String group, ListConsumerGroupOffsetsSpec partitions, ListConsumerGroupOffsetsOptions options) {
        var committed = new HashMap<TopicPartition, Long>();
        try {
            await(admin.listConsumerGroupOffsets(Map.of(group, partitions), options)
                            .partitionsToOffsetAndMetadata(group))
                    .forEach((partition, offset) -> {
                        if (offset != null) {
                            committed.put(partition, offset.offset());
                        }
                    });
        } catch (GroupIdNotFoundException notThereYet) {
            // Nothing has been committed.
        }
        return committed;
    }

    /** Offsets as readers of what is committed see them. */
    public Map<TopicPartition, Long> offsets(Iterable<TopicPartition> partitions, OffsetSpec spec) {
        return offsets(partitions, spec, IsolationLevel.READ_COMMITTED);
    }

    /** Offsets as readers of some isolation see them. */
    public Map<TopicPartition, Long> offsets(
            Iterable<TopicPartition> partitions, OffsetSpec spec, IsolationLevel isolation) {
        return offsets(request(partitions, spec), isolation);
    }

    private static Map<TopicPartition, OffsetSpec> request(Iterable<TopicPartition> partitions, OffsetSpec spec) {
        var request = new HashMap<TopicPartition, OffsetSpec>();
        partitions.forEach(partition -> request.put(partition, spec));
        return request;
    }

    /** Offsets of another kind for each partition, as readers of what is committed see them; asked for at once. */
    public Map<TopicPartition, Long> offsets(Map<TopicPartition, OffsetSpec> request) {
        return offsets(request, IsolationLevel.READ_COMMITTED);
    }

    private Map<TopicPartition, Long> offsets(Map<TopicPartition, OffsetSpec> request, IsolationLevel isolation) {
        var offsets = new HashMap<TopicPartition, Long>();
        await(admin.listOffsets(request, new ListOffsetsOptions(isolation)).all())
                .forEach((partition, found) -> offsets.put(partition, found.offset()));
        return offsets;
    }

    /**
     * Asks where partitions end, for readers of what is committed. Does not wait for the answers.
     *
     * @param patience after which an answer fails with {@link org.apache.kafka.common.errors.TimeoutException}
     */
    public Map<TopicPartition, KafkaFuture<Long>> askForEnds(Set<TopicPartition> partitions, Duration patience) {
        var options = new ListOffsetsOptions(IsolationLevel.READ_COMMITTED);
        options.timeoutMs((int) patience.toMillis());
        ListOffsetsResult asked = admin.listOffsets(request(partitions, OffsetSpec.latest()), options);
        var ends = new HashMap<TopicPartition, KafkaFuture<Long>>();
        partitions.forEach(partition -> ends.put(
                partition,
                asked.partitionResult(partition).thenApply(ListOffsetsResult.ListOffsetsResultInfo::offset)));
        return ends;
    }

    /** Times of the oldest records; partitions without a record are left out. */
    public Map<TopicPartition, Instant> oldest(Iterable<TopicPartition> partitions) {
        var times = new HashMap<TopicPartition, Instant>();
        await(admin.listOffsets(request(partitions, OffsetSpec.forTimestamp(0))).all())
                .forEach((partition, found) -> {
                    if (found.offset() >= 0) {
                        times.put(partition, Instant.ofEpochMilli(found.timestamp()));
                    }
                });
        return times;
    }

    /** Whether there is a record between two offsets, and not only ends of transactions. */
    public boolean hasRecords(TopicPartition partition, long from, long to) {
        return timeOfNext(partition, from, to).isPresent();
    }

    /** The time of the first record between two offsets. */
    public Optional<Instant> timeOfNext(TopicPartition partition, long from, long to) {
        try (Consumer<byte[], byte[]> scanner = settings.scanner("kappa-progress")) {
            scanner.assign(List.of(partition));
            scanner.seek(partition, from);
            var first = new AtomicReference<@Nullable Instant>();
            new PartitionScan(scanner, Map.of(partition, to), SCAN_PATIENCE).until(record -> {
                first.set(Instant.ofEpochMilli(record.timestamp()));
                return true;
            });
            return Optional.ofNullable(first.get());
        }
    }

    /** The newest time of a record in a topic; the epoch when it has none. */
    public Instant newest(String topic) {
        return await(admin.listOffsets(request(partitions(List.of(topic)), OffsetSpec.maxTimestamp()))
                        .all())
                .values()
                .stream()
                .map(found -> Instant.ofEpochMilli(Math.max(0, found.timestamp())))
                .max(Instant::compareTo)
                .orElse(Instant.EPOCH);
    }

    /** Returns the answer of the cluster, or throws its refusal. */
    public static <T> T await(KafkaFuture<T> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw failure(e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    public static KafkaException failure(ExecutionException e) {
        return e.getCause() instanceof KafkaException kafka ? kafka : new KafkaException(e.getCause());
    }
}
