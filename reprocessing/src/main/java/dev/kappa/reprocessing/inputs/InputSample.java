package dev.kappa.reprocessing.inputs;

import dev.kappa.avro.AvroDeserializer;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.EventSchema;
import dev.kappa.avro.SchemaRegistry;
import dev.kappa.avro.SchemaRegistryException;
import dev.kappa.avro.SchemaRegistryUnavailableException;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.cluster.PartitionScan;
import dev.kappa.topologies.Input;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.generic.IndexedRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/** Looks at the newest records of inputs. Not thread-safe. */
public final class InputSample {

    /** Of each partition. */
    private static final int RECORDS = 100;

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final KafkaSettings kafka;
    private final SchemaRegistry registry;

    /** Looks with these settings; the registry is the caller's to close. */
    public InputSample(KafkaSettings kafka, SchemaRegistry registry) {
        this.kafka = kafka;
        this.registry = registry;
    }

    /**
     * A sample of the newest records of an input; empty for a topic that does not exist.
     *
     * @param input as the version reads it
     * @param view the view that reads it
     */
    public Findings look(Input<?> input, String view) {
        Consumer<byte[], byte[]> consumer = kafka.scanner("kappa-input-sample");
        var deserializer = new AvroDeserializer<IndexedRecord>();
        Map<String, Object> settings = new HashMap<>(kafka.serde(registry, true));
        settings.put(AvroSerdeConfig.SPECIFIC_VALUE_TYPE, input.type());
        deserializer.configure(settings, false);
        try {
            List<TopicPartition> partitions = consumer.partitionsFor(input.topic()).stream()
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .toList();
            var sample = new ArrayList<SampledRecord>();
            newest(consumer, partitions).forEach(record -> sample.add(sampled(record, input.schema(), deserializer)));
            return Findings.of(input, view, Math.max(1, partitions.size()), sample);
        } finally {
            deserializer.close();
            KafkaSettings.close(consumer);
        }
    }

    private static List<ConsumerRecord<byte[], byte[]>> newest(
            Consumer<byte[], byte[]> consumer, List<TopicPartition> partitions) {
        var records = new ArrayList<ConsumerRecord<byte[], byte[]>>();
        if (partitions.isEmpty()) {
            return records;
        }
        consumer.assign(partitions);
        Map<TopicPartition, Long> begins = consumer.beginningOffsets(partitions);
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        ends.forEach((partition, end) ->
                consumer.seek(partition, Math.max(begins.getOrDefault(partition, 0L), end - RECORDS)));
        try {
            new PartitionScan(consumer, ends, PATIENCE).forEach(records::add);
        } catch (PartitionScan.StalledException e) {
            // A sample of fewer records is one, too.
        }
        return records;
    }

    private static SampledRecord sampled(
            ConsumerRecord<byte[], byte[]> record, EventSchema schema, AvroDeserializer<IndexedRecord> deserializer) {
        @Nullable IndexedRecord event = null;
        Optional<String> unreadable = Optional.empty();
        try {
            event = deserializer.deserialize(record.topic(), record.headers(), record.value());
        } catch (SchemaRegistryUnavailableException | SchemaRegistryException e) {
            throw e;
        } catch (SerializationException e) {
            unreadable = Optional.ofNullable(e.getMessage());
        }
        IndexedRecord read = event;
        return new SampledRecord(
                record.partition(),
                record.key() == null ? null : Bytes.wrap(record.key()),
                Instant.ofEpochMilli(record.timestamp()),
                record.value() == null,
                read == null
                        ? Optional.empty()
                        : schema.key().map(field -> read.get(field.pos())).map(Object::toString),
                read == null ? Optional.empty() : schema.eventTimeOf(read).map(Instant::ofEpochMilli),
                unreadable);
    }
}
