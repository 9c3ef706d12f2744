package dev.kappa.localdev.load;

import dev.kappa.avro.AvroSerializer;
import dev.kappa.reprocessing.cluster.TopicCreator;
import dev.kappa.reprocessing.command.CommandException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Writes events to a topic, in order and without duplicates of its own. A record's timestamp is its event time, as long
 * as that has passed, so that positions in the topic can be found by it.
 */
final class EventWriter implements AutoCloseable {

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

    /** Bytes of a record in a batch beside key and value, and of the batch itself. */
    private static final int OVERHEAD_BYTES = 256;

    private static final int DEFAULT_MAX_REQUEST_BYTES = 1 << 20;

    private final String topic;
    private final KafkaProducer<byte[], byte[]> producer;
    private final AvroSerializer<GenericRecord> serializer;
    private final int maxRequestBytes;
    private final Map<Integer, Long> last = new ConcurrentSkipListMap<>();
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    private final Queue<Refused> refused = new ConcurrentLinkedQueue<>();
    private final Optional<ResumableLoad> resumable;
    private final Optional<ConsumerGroupMetadata> group;
    private final TopicLimits limits;
    private long sent;
    private long sentBefore;
    private int refusals;
    private Instant oldest = Instant.MAX;

    /**
     * A row that the producer or the broker has refused.
     *
     * @param line where it is in the file
     * @param text the row
     * @param reason what they said
     */
    record Refused(long line, String text, String reason) {}

    private EventWriter(
            String topic,
            KafkaProducer<byte[], byte[]> producer,
            AvroSerializer<GenericRecord> serializer,
            int maxRequestBytes,
            Optional<ResumableLoad> resumable,
            Optional<ConsumerGroupMetadata> group,
            TopicLimits limits) {
        this.topic = topic;
        this.producer = producer;
        this.serializer = serializer;
        this.maxRequestBytes = maxRequestBytes;
        this.resumable = resumable;
        this.group = group;
        this.limits = limits;
    }

    /**
     * Connects to the cluster.
     *
     * @param resumable identifies a load that can be resumed; its rows are written in transactions
     * @throws CommandException when it cannot be reached or has no such topic
     */
    static EventWriter open(Map<String, Object> settings, String topic, Optional<ResumableLoad> resumable)
            throws InterruptedException {
        TopicLimits limits = requireTopic(settings, topic);
        var forProducer = new HashMap<>(settings);
        forProducer.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        forProducer.putIfAbsent(ProducerConfig.LINGER_MS_CONFIG, 20);
        forProducer.putIfAbsent(ProducerConfig.BATCH_SIZE_CONFIG, 256 << 10);
        resumable.ifPresent(load -> forProducer.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, load.id()));
        var serializer = new AvroSerializer<GenericRecord>();
        serializer.configure(forProducer, false);
        var producer = new KafkaProducer<>(forProducer, new ByteArraySerializer(), new ByteArraySerializer());
        if (resumable.isPresent()) {
            // Ends what a load that was cut off has left open, and fences one that is still under way.
            producer.initTransactions();
        }
        return new EventWriter(
                topic,
                producer,
                serializer,
                maxRequestBytes(forProducer),
                resumable,
                resumable.map(load -> group(settings, load)),
                limits);
    }

    /** Metadata of the group, which has no members, whose offsets the load commits. */
    private static ConsumerGroupMetadata group(Map<String, Object> settings, ResumableLoad load) {
        var forConsumer = new HashMap<>(settings);
        forConsumer.keySet().retainAll(ConsumerConfig.configNames());
        forConsumer.put(ConsumerConfig.GROUP_ID_CONFIG, load.id());
        try (var consumer =
                new KafkaConsumer<>(forConsumer, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            return consumer.groupMetadata();
        }
    }

    private static TopicLimits requireTopic(Map<String, Object> settings, String topic) throws InterruptedException {
        var forAdmin = new HashMap<>(settings);
        forAdmin.keySet().retainAll(AdminClientConfig.configNames());
        try (Admin admin = Admin.create(forAdmin)) {
            var options = new DescribeTopicsOptions().timeoutMs((int) CONNECT_TIMEOUT.toMillis());
            Map<String, TopicDescription> found = admin.describeTopics(List.of(topic), options)
                    .allTopicNames()
                    .get();
            int partitions =
                    Objects.requireNonNull(found.get(topic), topic).partitions().size();
            new TopicCreator(admin).awaitLeaders(Map.of(topic, partitions));
            return TopicLimits.of(admin, topic, partitions);
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

    /** Limits of the topic. */
    TopicLimits limits() {
        return limits;
    }

    /**
     * Writes an event, some time soon. Each is acknowledged by the broker or among {@link #takeRefused}.
     *
     * @param row where it comes from
     * @param text the row as it stands in the file
     * @throws CommandException when an earlier event could not be written
     */
    void send(RowMapper.Event event, Optional<Instant> eventTime, Row row, String text) {
        throwFailure();
        Instant now = Instant.now();
        @Nullable
        Long timestamp = eventTime
                .filter(time -> time.toEpochMilli() >= 0 && !time.isAfter(now))
                .map(Instant::toEpochMilli)
                .orElse(null);
        byte[] key = event.key().getBytes(StandardCharsets.UTF_8);
        byte[] value = Objects.requireNonNull(serializer.serialize(topic, event.value()));
        sent++;
        eventTime.filter(time -> time.isBefore(oldest)).ifPresent(time -> oldest = time);
        int bytes = key.length + value.length + OVERHEAD_BYTES;
        // In a transaction one that is refused takes the others with it.
        int most = resumable.isPresent() ? Math.min(maxRequestBytes, limits.maxMessageBytes()) : maxRequestBytes;
        if (bytes > most) {
            refused.add(new Refused(
                    row.line(), text, "the event has " + bytes + " bytes; at most " + most + " are allowed"));
            return;
        }
        resumable.ifPresent(load -> load.begin(producer));
        var _ = producer.send(new ProducerRecord<>(topic, null, timestamp, key, value), (written, problem) -> {
            if (problem == null) {
                last.merge(written.partition(), written.offset(), Math::max);
            } else if (isFaultOfRow(problem) && resumable.isEmpty()) {
                refused.add(new Refused(row.line(), text, String.valueOf(problem.getMessage())));
            } else {
                failure.compareAndSet(null, new KafkaException("line " + row.line() + " was not written", problem));
            }
        });
    }

    /** Whether the next event may be written all the same. */
    private static boolean isFaultOfRow(Exception problem) {
        return problem instanceof RecordTooLargeException || problem instanceof InvalidTimestampException;
    }

    /** The rows that have been refused since this was asked last. */
    List<Refused> takeRefused() {
        var taken = new ArrayList<Refused>();
        for (Refused next = refused.poll(); next != null; next = refused.poll()) {
            taken.add(next);
        }
        refusals += taken.size();
        return taken;
    }

    /** Events that were sent, also those of earlier runs of the same load. */
    long sent() {
        return sent;
    }

    /** Events that the broker has acknowledged; all refused ones have been taken. */
    long written() {
        return sent - sentBefore - refusals;
    }

    /**
     * Everything up to a row is done: of a load that can be resumed, what was written is committed now and then together with
     * that.
     *
     * @param rows rows of the file that were read
     */
    void done(long rows) {
        throwFailure();
        resumable.ifPresent(
                load -> load.done(producer, group.orElseThrow(), new ResumableLoad.Done(topic, rows, sent)));
    }

    /**
     * Nothing more is written.
     *
     * @param isAll whether the whole file has been read
     */
    void end(long rows, boolean isAll) {
        producer.flush();
        throwFailure();
        resumable.ifPresent(
                load -> load.end(producer, group.orElseThrow(), new ResumableLoad.Done(topic, rows, sent), isAll));
    }

    /** Age of the oldest event that was sent, compared with the newest that the topic had before; zero if it is newer. */
    Duration lateness() {
        return limits.newest()
                .filter(oldest::isBefore)
                .map(newest -> Duration.between(oldest, newest))
                .orElse(Duration.ZERO);
    }

    /** The last offset written of each partition, as the query parameter {@code minPosition} takes it. */
    String position() {
        return last.entrySet().stream()
                .map(partition -> topic + ":" + partition.getKey() + ":" + partition.getValue())
                .collect(Collectors.joining(","));
    }

    /**
     * How far an earlier run of the same load has come; the events that it sent count as sent.
     *
     * @return empty when it has done the whole file
     */
    Optional<ResumableLoad.Done> resumedFrom(Map<String, Object> settings, ResumableLoad load) {
        var forAdmin = new HashMap<>(settings);
        forAdmin.keySet().retainAll(AdminClientConfig.configNames());
        try (Admin admin = Admin.create(forAdmin)) {
            Optional<ResumableLoad.Done> done = load.done(admin, topic);
            sent = done.map(ResumableLoad.Done::events).orElse(0L);
            sentBefore = sent;
            return done;
        }
    }

    private static int maxRequestBytes(Map<String, Object> settings) {
        return Integer.parseInt(String.valueOf(
                settings.getOrDefault(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, DEFAULT_MAX_REQUEST_BYTES)));
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
        serializer.close();
    }
}
