package dev.kappa.reprocessing.fleet;

import dev.kappa.avro.AvroSerializer;
import dev.kappa.avro.SchemaRegistry;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/** Writes the reports of one instance. Thread-safe. */
public final class Reporter implements AutoCloseable {

    /** How often an instance reports when nothing changes. */
    public static final Duration EVERY = Duration.ofSeconds(2);

    /** Header of a report: where the instance is reached over HTTP, for readers without a schema registry. Absent in its last one. */
    static final String SERVER = "kappa.server";

    /** Header of a report: its signature, where the fleet has a secret. */
    static final String SIGNATURE = "kappa.signature";

    private final String topic;
    private final ReportSignatures signatures;
    private final Producer<byte[], byte[]> producer;
    private final AvroSerializer<InstanceReport> serializer = new AvroSerializer<>();

    /** Why the last report that was sent did not arrive; null when it did. */
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

    public Reporter(KafkaSettings settings, ClusterNames names, SchemaRegistry registry, ReportSignatures signatures) {
        this.signatures = signatures;
        this.topic = names.instancesTopic();
        this.producer = settings.producer(Map.of(
                ProducerConfig.CLIENT_ID_CONFIG, topic + "-writer",
                ProducerConfig.LINGER_MS_CONFIG, 0,
                // A report that cannot be sent is soon followed by a newer one.
                ProducerConfig.MAX_BLOCK_MS_CONFIG, 1_000,
                ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 5_000,
                ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 3_000));
        serializer.configure(settings.serde(registry, true), false);
    }

    /** Settings of the topic: reports are soon forgotten, and timed by the broker. */
    public static Map<String, String> topicSettings() {
        return Map.of(
                TopicConfig.CLEANUP_POLICY_CONFIG,
                TopicConfig.CLEANUP_POLICY_DELETE,
                TopicConfig.RETENTION_MS_CONFIG,
                String.valueOf(Duration.ofHours(1).toMillis()),
                TopicConfig.SEGMENT_MS_CONFIG,
                String.valueOf(Duration.ofHours(1).toMillis()),
                TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG,
                "LogAppendTime");
    }

    /**
     * Sends a report, and does not wait for it to arrive.
     *
     * @throws KafkaException when it cannot be sent, or an earlier one did not arrive
     */
    public void send(InstanceReport report) {
        byte[] key = report.getInstance().getBytes(StandardCharsets.UTF_8);
        byte[] value = Objects.requireNonNull(serializer.serialize(topic, report));
        var record = new ProducerRecord<>(topic, 0, key, value);
        signatures
                .sign(value)
                .ifPresent(text -> record.headers().add(SIGNATURE, text.getBytes(StandardCharsets.US_ASCII)));
        if (!report.getStopped()) {
            record.headers()
                    .add(
                            SERVER,
                            (report.getScheme() + "://" + report.getAdvertised()).getBytes(StandardCharsets.UTF_8));
        }
        var _ = producer.send(record, (_, e) -> failure.set(e));
        Exception earlier = failure.getAndSet(null);
        if (earlier != null) {
            throw earlier instanceof KafkaException ofKafka ? ofKafka : new KafkaException(earlier);
        }
    }

    /**
     * Sends a report, and waits for it to arrive.
     *
     * @return the time that the broker has given it, in milliseconds since the epoch
     * @throws KafkaException when it cannot be sent
     */
    long sent(InstanceReport report) {
        byte[] key = report.getInstance().getBytes(StandardCharsets.UTF_8);
        try {
            return producer.send(new ProducerRecord<>(topic, 0, key, serializer.serialize(topic, report)))
                    .get()
                    .timestamp();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException kafka ? kafka : new KafkaException(e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(2));
        serializer.close();
    }
}
