package dev.kappa.localdev.load;

import dev.kappa.avro.AvroSerializer;
import dev.kappa.reprocessing.command.CommandException;
import dev.kappa.reprocessing.replay.OutputTopics;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Writes events to a topic, in order and without duplicates of its own. A record's timestamp is its event time, as long
 * as that has passed, so that positions in the topic can be found by it.
 */
final class EventWriter implements AutoCloseable {

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

    private final String topic;
    private final KafkaProducer<String, GenericRecord> producer;
    private final Map<Integer, Long> last = new ConcurrentSkipListMap<>();
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    private final AtomicReference<@Nullable Exception> tooLarge = new AtomicReference<>();

    private EventWriter(String topic, KafkaProducer<String, GenericRecord> producer) {
        this.topic = topic;
        this.producer = producer;
    }

    /**
     * Connects to the cluster.
     *
     * @throws CommandException when it cannot be reached or has no such topic
     */
    static EventWriter open(Map<String, Object> settings, String topic) throws InterruptedException {
        requireTopic(settings, topic);
        var forProducer = new HashMap<>(settings);
        forProducer.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        forProducer.putIfAbsent(ProducerConfig.LINGER_MS_CONFIG, 20);
        forProducer.putIfAbsent(ProducerConfig.BATCH_SIZE_CONFIG, 256 << 10);
        var serializer = new AvroSerializer<GenericRecord>();
        serializer.configure(forProducer, false);
        return new EventWriter(topic, new KafkaProducer<>(forProducer, new StringSerializer(), serializer));
    }

    private static void requireTopic(Map<String, Object> settings, String topic) throws InterruptedException {
        var forAdmin = new HashMap<>(settings);
        forAdmin.keySet().retainAll(AdminClientConfig.configNames());
        try (Admin admin = Admin.create(forAdmin)) {
            var options = new DescribeTopicsOptions().timeoutMs((int) CONNECT_TIMEOUT.toMillis());
            Map<String, TopicDescription> found = admin.describeTopics(List.of(topic), options)
                    .allTopicNames()
                    .get();
            OutputTopics.awaitLeaders(
                    admin,
                    Map.of(
                            topic,
                            Objects.requireNonNull(found.get(topic), topic)
                                    .partitions()
                                    .size()));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof InvalidTopicException) {
                throw CommandException.usage("\"" + topic + "\" is no name of a topic.");
            }
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                throw CommandException.refused("There is no topic " + topic
                        + ". The app creates the inputs of its views when it starts; create others yourself.");
            }
            throw CommandException.unreachable(
                    "Kafka at " + settings.get(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG) + " cannot be reached: "
                            + String.valueOf(e.getCause()),
                    e);
        } catch (KafkaException e) {
            throw CommandException.unreachable(
                    "Kafka at " + settings.get(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG) + " cannot be reached: "
                            + (e.getCause() == null ? e : e.getCause()),
                    e);
        }
    }

    /**
     * Writes an event, some time soon.
     *
     * @throws BadRowException when the event is larger than the producer may send
     * @throws CommandException when an earlier event could not be written
     */
    void send(RowMapper.Event event, Optional<Instant> eventTime, long line) throws BadRowException {
        throwFailure();
        Instant now = Instant.now();
        @Nullable
        Long timestamp = eventTime
                .filter(time -> time.toEpochMilli() >= 0 && !time.isAfter(now))
                .map(Instant::toEpochMilli)
                .orElse(null);
        var _ = producer.send(
                new ProducerRecord<>(topic, null, timestamp, event.key(), event.value()), (written, problem) -> {
                    if (problem == null) {
                        last.merge(written.partition(), written.offset(), Math::max);
                    } else if (problem instanceof RecordTooLargeException) {
                        tooLarge.set(problem);
                    } else {
                        failure.compareAndSet(null, new KafkaException("line " + line + " was not written", problem));
                    }
                });
        rejectTooLarge();
    }

    /** The producer measures an event before it takes it, on the caller's thread. */
    private void rejectTooLarge() throws BadRowException {
        Exception problem = tooLarge.getAndSet(null);
        if (problem != null) {
            throw new BadRowException("is too large: " + problem.getMessage());
        }
    }

    void flush() {
        producer.flush();
        throwFailure();
    }

    /** The last offset written of each partition, as the query parameter {@code min-position} takes it. */
    String position() {
        return last.entrySet().stream()
                .map(partition -> topic + ":" + partition.getKey() + ":" + partition.getValue())
                .collect(Collectors.joining(","));
    }

    private void throwFailure() {
        Exception first = failure.get();
        if (first != null) {
            throw CommandException.unreachable(
                    "Topic " + topic + ": " + first.getMessage() + " (" + first.getCause()
                            + "). Other lines around it may or may not be written.",
                    first);
        }
    }

    @Override
    public void close() {
        producer.close(CONNECT_TIMEOUT);
    }
}
