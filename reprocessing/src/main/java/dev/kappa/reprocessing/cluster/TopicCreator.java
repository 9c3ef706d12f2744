package dev.kappa.reprocessing.cluster;

import dev.kappa.reprocessing.background.Backoff;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Creates topics, for instances, replays and publishers alike. Thread-safe. */
public final class TopicCreator {

    /** Within that all brokers know a topic just made. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final Duration FIRST_WAIT = Duration.ofMillis(20);
    private static final Duration LONGEST_WAIT = Duration.ofMillis(500);

    private final Admin admin;

    /** A topic cannot be created. */
    public static final class TopicCreationException extends KafkaException {

        private static final long serialVersionUID = 1L;

        private TopicCreationException(String topic, Throwable cause) {
            super("Topic " + topic + " cannot be created: " + cause, cause);
        }
    }

    /** Asks through an admin client, which is the caller's to close. */
    public TopicCreator(Admin admin) {
        this.admin = admin;
    }

    /**
     * Creates topics unless they exist: another instance may create the same topic the same way at the same time. What is created can
     * be written when the method returns.
     *
     * @return names of the topics that were created
     * @throws TopicCreationException when the cluster refuses
     * @throws KafkaException when the cluster does not answer
     */
    public List<String> create(Collection<NewTopic> topics) {
        Map<String, KafkaFuture<Void>> answers = admin.createTopics(topics).values();
        var created = new ArrayList<String>();
        var partitions = new HashMap<String, Integer>();
        var existing = new ArrayList<String>();
        try {
            for (NewTopic topic : topics) {
                try {
                    Objects.requireNonNull(answers.get(topic.name()), topic.name())
                            .get();
                    created.add(topic.name());
                    partitions.put(topic.name(), topic.numPartitions());
                } catch (ExecutionException e) {
                    Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
                    if (!(cause instanceof TopicExistsException)) {
                        throw new TopicCreationException(topic.name(), cause);
                    }
                    existing.add(topic.name());
                }
            }
            // Another instance may have created it this very moment.
            partitions.putAll(partitionsOf(existing));
            awaitLeaders(partitions);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
        return created;
    }

    /** How many partitions topics have that exist, though not all brokers may have heard of them. */
    private Map<String, Integer> partitionsOf(List<String> topics) throws InterruptedException {
        var partitions = new HashMap<String, Integer>();
        if (!topics.isEmpty()) {
            retrying(() -> admin.describeTopics(topics).allTopicNames())
                    .forEach((topic, description) ->
                            partitions.put(topic, description.partitions().size()));
        }
        return partitions;
    }

    /**
     * Creates one topic unless it exists; see {@link #create(Collection)}.
     *
     * @param replicationFactor its replicas; absent leaves it to the broker
     */
    public void create(String topic, int partitions, Optional<Short> replicationFactor, Map<String, String> settings) {
        create(List.of(new NewTopic(topic, Optional.of(partitions), replicationFactor).configs(settings)));
    }

    /**
     * Waits until a broker leads each partition of topics. The first records of a producer that begins earlier can be lost,
     * even of an idempotent one: its first request finds no leader yet, the next does and is appended, and the first is
     * then refused as out of order until it expires.
     *
     * @param partitions of each topic
     * @throws KafkaException when the cluster does not answer, or has no such partition
     * @see <a href="https://issues.apache.org/jira/browse/KAFKA-15591">KAFKA-15591</a>
     */
    public void awaitLeaders(Map<String, Integer> partitions) throws InterruptedException {
        var ends = new HashMap<TopicPartition, OffsetSpec>();
        partitions.forEach((topic, number) -> IntStream.range(0, number)
                .forEach(partition -> ends.put(new TopicPartition(topic, partition), OffsetSpec.latest())));
        if (!ends.isEmpty()) {
            var _ = retrying(() -> admin.listOffsets(ends).all());
        }
    }

    private static <T> T retrying(Supplier<KafkaFuture<T>> request) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        var backoff = new Backoff(FIRST_WAIT, LONGEST_WAIT);
        while (true) {
            try {
                return request.get().get();
            } catch (ExecutionException e) {
                // A broker may not have heard yet of a topic just made; all else the client asks again by itself.
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException) || System.nanoTime() > deadline) {
                    throw TopicPositions.failure(e);
                }
            }
            backoff.pause();
        }
    }
}
