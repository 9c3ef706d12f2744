package dev.kappa.reprocessing.fleet;

import dev.kappa.avro.AvroDeserializer;
import dev.kappa.avro.SchemaRegistry;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.catalog.VersionReport;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.HeaderText;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.cluster.PartitionScan;
import dev.kappa.reprocessing.cluster.VersionId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.SerializationException;

/** The instances that are alive, by their reports. Not thread-safe. */
public final class Fleet implements AutoCloseable {

    /** An instance counts as dead when it has not reported for this long. */
    public static final Duration SILENCE = Reporter.EVERY.multipliedBy(5);

    /** Sent to learn the broker's time; nobody counts it. */
    private static final InstanceReport PING = InstanceReport.newBuilder()
            .setInstance("")
            .setAdvertised("")
            .setPool("")
            .setEpoch(0)
            .setStopped(true)
            .setVersions(List.of())
            .build();

    private final TopicPartition partition;
    private final Consumer<byte[], byte[]> consumer;
    private final AvroDeserializer<InstanceReport> deserializer = new AvroDeserializer<>();
    private final KafkaSettings settings;
    private final ClusterNames names;
    private final SchemaRegistry registry;
    private final InstantSource fallback;
    private final ReportSignatures signatures;
    private final BrokerClock clock = new BrokerClock();
    private final Heartbeats heartbeats = new Heartbeats(clock);
    private boolean begun;

    /**
     * Reads nothing yet.
     *
     * @param registry the caller's to close
     * @param fallback the clock that is used where this client may not write to the topic, and so cannot ask for the broker's time
     * @param signatures says which reports count
     */
    public Fleet(
            KafkaSettings settings,
            ClusterNames names,
            SchemaRegistry registry,
            InstantSource fallback,
            ReportSignatures signatures) {
        this.signatures = signatures;
        this.partition = new TopicPartition(names.instancesTopic(), 0);
        this.settings = settings;
        this.names = names;
        this.registry = registry;
        this.fallback = fallback;
        this.consumer = settings.consumer(Map.of(
                ConsumerConfig.CLIENT_ID_CONFIG,
                names.instancesTopic() + "-reader",
                ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                false,
                ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                30_000));
        deserializer.configure(settings.serde(registry, true), false);
    }

    /**
     * Takes note of the reports that have come, waiting for one as long as the timeout.
     *
     * @return the newest report of each instance that is alive
     */
    public List<InstanceReport> poll(Duration timeout) {
        if (!begun) {
            clock.is(brokerTime(), System.nanoTime());
            seekToRecent();
            begun = true;
        }
        var polled = new ArrayList<ConsumerRecord<byte[], byte[]>>();
        consumer.poll(timeout).forEach(polled::add);
        return apply(polled);
    }

    /** All instances that are alive, by what they have said until now. */
    public List<InstanceReport> alive() {
        poll(Duration.ZERO);
        Map<TopicPartition, Long> end = consumer.endOffsets(List.of(partition));
        var scanned = new ArrayList<ConsumerRecord<byte[], byte[]>>();
        try {
            new PartitionScan(consumer, end, SILENCE).forEachPolled(scanned::add);
        } catch (PartitionScan.StalledException e) {
            // The reports read so far count.
        }
        apply(scanned);
        return poll(Duration.ZERO);
    }

    /** The clock is told of all before the first is judged: the last tells how late the others are. */
    private List<InstanceReport> apply(List<ConsumerRecord<byte[], byte[]>> records) {
        long now = System.nanoTime();
        records.forEach(found -> clock.arrived(found.timestamp(), now));
        records.forEach(found -> apply(found, now));
        return heartbeats.alive(now);
    }

    private void apply(ConsumerRecord<byte[], byte[]> found, long nanos) {
        if (found.value() == null
                || !signatures.isSigned(found.value(), HeaderText.of(found.headers(), Reporter.SIGNATURE))) {
            return;
        }
        try {
            InstanceReport report = Objects.requireNonNull(deserializer.deserialize(partition.topic(), found.value()));
            heartbeats.heard(report, found.timestamp(), nanos);
        } catch (SerializationException ofOtherSoftware) {
            // Only the report is lost; the next one of a known form counts.
        }
    }

    /** The topic has its records timed by the broker. */
    private long brokerTime() {
        try (var reporter = new Reporter(settings, names, registry, signatures)) {
            return reporter.sent(PING);
        } catch (AuthorizationException notAllowed) {
            return fallback.millis();
        }
    }

    private void seekToRecent() {
        consumer.assign(List.of(partition));
        long since = clock.now(System.nanoTime()) - SILENCE.multipliedBy(2).toMillis();
        OffsetAndTimestamp recent =
                consumer.offsetsForTimes(Map.of(partition, since)).get(partition);
        if (recent == null) {
            consumer.seekToEnd(List.of(partition));
        } else {
            consumer.seek(partition, recent.offset());
        }
    }

    /** The addresses of the instances that report a version to be in a state. */
    public static List<String> in(List<InstanceReport> instances, VersionId version, String state) {
        return instances.stream()
                .filter(instance -> of(instance, version)
                        .filter(report -> report.getState().equals(state))
                        .isPresent())
                .map(InstanceReport::getAdvertised)
                .toList();
    }

    /** The report of an instance about a version. */
    public static Optional<VersionReport> of(InstanceReport instance, VersionId version) {
        return instance.getVersions().stream()
                .filter(report -> report.getView().equals(version.view()) && report.getNumber() == version.number())
                .findFirst();
    }

    @Override
    public void close() {
        KafkaSettings.close(consumer);
        deserializer.close();
    }
}
