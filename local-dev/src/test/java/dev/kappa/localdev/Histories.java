package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.avro.AvroSerializer;
import dev.kappa.reprocessing.catalog.KafkaSettings;
import dev.kappa.topologies.ConfiguredSerdes;
import dev.kappa.topologies.DataType;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.Output;
import dev.kappa.topologies.authormood.AuthorMoodsSpec;
import dev.kappa.topologies.campaignviews.CampaignViewsSpec;
import dev.kappa.topologies.fraudalerts.FraudAlertsSpec;
import dev.kappa.topologies.hashtagtrends.HashtagTrendsSpec;
import dev.kappa.topologies.kit.Drafts;
import dev.kappa.topologies.kit.History;
import dev.kappa.topologies.kit.InputRecord;
import dev.kappa.topologies.kit.ViewSpec;
import dev.kappa.topologies.sensoraverages.SensorAveragesSpec;
import dev.kappa.topologies.sequencealerts.SequenceAlertsSpec;
import dev.kappa.topologies.visitorsessions.VisitorSessionsSpec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serde;

/** Hostile input for all views on a real broker, and what is in their output topics. */
final class Histories {

    static final int PARTITIONS = 4;

    static final List<ViewSpec> SPECS = List.of(
            new AuthorMoodsSpec(),
            new CampaignViewsSpec(),
            new FraudAlertsSpec(),
            new HashtagTrendsSpec(),
            new SensorAveragesSpec(),
            new SequenceAlertsSpec(),
            new VisitorSessionsSpec());

    private final List<InputRecord> records = new ArrayList<>();

    /** Makes a history for every view; views that read the same topic get each other's too. */
    static Histories random(int countOfEach, long seed) {
        var histories = new Histories();
        SPECS.forEach(spec -> histories.records.addAll(
                Drafts.random(spec, PARTITIONS, countOfEach, seed).records()));
        // Views of the same topic would find each other's events late.
        histories.records.sort(Comparator.comparing(InputRecord::writtenAt));
        return histories;
    }

    /** Everything that was written. */
    History all() {
        return new History(records);
    }

    /** Parameters of the views' first versions. */
    static Map<String, String> parameters() {
        var parameters = new HashMap<String, String>();
        SPECS.forEach(spec -> spec.parameters()
                .forEach((name, value) -> parameters.put(spec.definition().name() + "." + name, value)));
        return parameters;
    }

    /** Writes tables, then streams, one partition after the other, so that each is far ahead of the next. */
    void write(LocalCluster cluster) {
        var serializer = new AvroSerializer<SpecificRecord>();
        serializer.configure(cluster.clientSettings(), false);
        var settings = Map.<String, Object>of("bootstrap.servers", cluster.kafka(), "linger.ms", 20);
        var failures = new ConcurrentLinkedQueue<Exception>();
        try (serializer;
                var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (Input.Role role : List.of(Input.Role.TABLE, Input.Role.STREAM)) {
                for (int partition = 0; partition < PARTITIONS; partition++) {
                    for (InputRecord record : records) {
                        if (record.input().role() == role && record.partition() == partition) {
                            var _ = producer.send(bytes(record, serializer), (_, failure) -> {
                                if (failure != null) {
                                    failures.add(failure);
                                }
                            });
                        }
                    }
                }
                producer.flush();
            }
        }
        assertThat(failures).isEmpty();
    }

    private static ProducerRecord<byte[], byte[]> bytes(InputRecord record, AvroSerializer<SpecificRecord> serializer) {
        String topic = record.input().topic();
        byte[] value = record.unreadable()
                ? new byte[] {1, 2, 3}
                : record.value() == null ? null : serializer.serialize(topic, record.value());
        return new ProducerRecord<>(
                topic,
                record.partition(),
                record.writtenAt().toEpochMilli(),
                record.key() == null ? null : record.key().getBytes(StandardCharsets.UTF_8),
                value);
    }

    /** What is in the input topics of some views, read by a plain consumer. */
    static History read(LocalCluster cluster, List<ViewSpec> specs) {
        var inputs = new HashMap<String, Input<?>>();
        specs.forEach(spec -> spec.definition().inputs().forEach(input -> inputs.put(input.topic(), input)));
        var serdes = new ConfiguredSerdes(dev.kappa.avro.AvroSerde.class, cluster.clientSettings());
        var records = new ArrayList<InputRecord>();
        inputs.values().forEach(input -> records.addAll(read(cluster, input, serdes)));
        return new History(records);
    }

    private static <V extends SpecificRecord> List<InputRecord> read(
            LocalCluster cluster, Input<V> input, ConfiguredSerdes serdes) {
        var records = new ArrayList<InputRecord>();
        try (Serde<V> serde = serdes.value(DataType.of(input.type()))) {
            scan(
                    cluster,
                    input.topic(),
                    record -> records.add(new InputRecord(
                            input,
                            record.partition(),
                            new String(record.key(), StandardCharsets.UTF_8),
                            serde.deserializer().deserialize(input.topic(), record.value()),
                            false,
                            Instant.ofEpochMilli(record.timestamp()))));
        }
        return records;
    }

    /** Reads a topic to its end. */
    private static void scan(LocalCluster cluster, String topic, Consumer<ConsumerRecord<byte[], byte[]>> found) {
        var consumer = new KafkaSettings(cluster.clientSettings()).scanner("scan-" + topic);
        try {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                consumer.poll(Duration.ofMillis(100)).forEach(found);
            }
        } finally {
            KafkaSettings.close(consumer);
        }
    }

    /** What a version's output topic amounts to: the newest value of each key, those deleted left out. */
    static Map<Object, Object> results(LocalCluster cluster, ViewSpec spec, int version) {
        String topic = spec.definition().name() + ".v" + version;
        Output<?, ?> output = spec.definition().output();
        var serdes = new ConfiguredSerdes(dev.kappa.avro.AvroSerde.class, cluster.clientSettings());
        return results(cluster, topic, serdes.key(output.key()), valueSerde(serdes, output));
    }

    private static <V extends SpecificRecord> Serde<V> valueSerde(ConfiguredSerdes serdes, Output<?, V> output) {
        DataType<V> type = output.value();
        return serdes.value(type);
    }

    private static Map<Object, Object> results(LocalCluster cluster, String topic, Serde<?> key, Serde<?> value) {
        var results = new HashMap<Object, Object>();
        try (key;
                value) {
            scan(cluster, topic, record -> {
                Object newKey = Objects.requireNonNull(key.deserializer().deserialize(topic, record.key()));
                Object newValue =
                        record.value() == null ? null : value.deserializer().deserialize(topic, record.value());
                if (newValue == null) {
                    results.remove(newKey);
                } else {
                    results.put(newKey, newValue);
                }
            });
        }
        return results;
    }
}
