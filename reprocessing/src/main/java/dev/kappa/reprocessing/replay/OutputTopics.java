package dev.kappa.reprocessing.replay;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** How the topics that Kappa writes are set up. */
public final class OutputTopics {

    /** Bound on a record in Kappa's own topics unless another is set: far above the megabyte that brokers allow in others. */
    public static final int DEFAULT_MAX_MESSAGE_BYTES = 16 << 20;

    /** Within that all brokers know a topic just made. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final Duration PAUSE = Duration.ofMillis(20);

    private OutputTopics() {}

    /** Records carry event times, which may lie in any past and, by clock skew, a little in the future. */
    public static Map<String, String> keepsAnyTime() {
        var settings = new HashMap<String, String>();
        settings.put(TopicConfig.RETENTION_MS_CONFIG, "-1");
        settings.put(TopicConfig.RETENTION_BYTES_CONFIG, "-1");
        settings.put(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "CreateTime");
        settings.put(TopicConfig.MESSAGE_TIMESTAMP_BEFORE_MAX_MS_CONFIG, String.valueOf(Long.MAX_VALUE));
        settings.put(TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG, String.valueOf(Long.MAX_VALUE));
        return settings;
    }

    /** As {@link #compacted(int)}, with the default bound. */
    public static Map<String, String> compacted() {
        return compacted(DEFAULT_MAX_MESSAGE_BYTES);
    }

    /**
     * Settings of a topic that holds the newest result of each key.
     *
     * @param maxMessageBytes bound on a record
     */
    public static Map<String, String> compacted(int maxMessageBytes) {
        Map<String, String> settings = keepsAnyTime();
        settings.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT);
        settings.put(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, String.valueOf(maxMessageBytes));
        return settings;
    }

    /**
     * Creates a topic unless it is there; one that it creates can be written when it returns.
     *
     * @param replicationFactor its replicas; absent leaves it to the broker
     * @throws ExecutionException when the cluster refuses or does not answer
     */
    public static void create(
            Admin admin, String topic, int partitions, Optional<Short> replicationFactor, Map<String, String> settings)
            throws ExecutionException, InterruptedException {
        var newTopic = new NewTopic(topic, Optional.of(partitions), replicationFactor).configs(settings);
        try {
            admin.createTopics(List.of(newTopic)).all().get();
            awaitLeaders(admin, Map.of(topic, partitions));
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw e;
            }
        }
    }

    /**
     * Waits until a broker leads each partition of topics. The first records of a producer that begins earlier can be lost,
     * even of an idempotent one: its first request finds no leader yet, the next does and is appended, and the first is
     * then refused as out of order until it expires.
     *
     * @param partitions of each topic
     * @throws ExecutionException when the cluster does not answer, or has no such partition
     * @see <a href="https://issues.apache.org/jira/browse/KAFKA-15591">KAFKA-15591</a>
     */
    public static void awaitLeaders(Admin admin, Map<String, Integer> partitions)
            throws ExecutionException, InterruptedException {
        var ends = new HashMap<TopicPartition, OffsetSpec>();
        partitions.forEach((topic, number) -> IntStream.range(0, number)
                .forEach(partition -> ends.put(new TopicPartition(topic, partition), OffsetSpec.latest())));
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                admin.listOffsets(ends).all().get();
                return;
            } catch (ExecutionException e) {
                // A broker may not have heard yet of a topic just made; all else the client asks again by itself.
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException) || System.nanoTime() > deadline) {
                    throw e;
                }
            }
            Thread.sleep(PAUSE);
        }
    }
}
