package dev.kappa.topologies.kit;

import dev.kappa.avro.AvroSerde;
import dev.kappa.avro.AvroSerializer;
import dev.kappa.topologies.DataType;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.Output;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.serde.ConfiguredSerdes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.avro.generic.GenericContainer;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serde;

/** Inputs and outputs of views on a broker, by plain producers and consumers. Thread-safe. */
public final class Topics {

    private final String kafka;
    private final Map<String, Object> settings;

    /**
     * Of a cluster.
     *
     * @param kafka the broker's address
     * @param registry the schema registry's
     */
    public Topics(String kafka, String registry) {
        this.kafka = kafka;
        this.settings = Map.of("bootstrap.servers", kafka, "schema.registry.url", registry);
    }

    /**
     * Writes tables, then streams, one partition after the other, so that each is far ahead of the next; the topics have to
     * be there.
     *
     * @throws IllegalStateException when the broker does not take a record
     */
    public void write(History history) {
        var failures = new ConcurrentLinkedQueue<Exception>();
        int partitions = history.records().stream()
                .mapToInt(record -> record.partition() + 1)
                .max()
                .orElse(0);
        try (var serializer = new AvroSerializer<GenericContainer>();
                var producer = new KafkaProducer<>(
                        Map.<String, Object>of("bootstrap.servers", kafka, "linger.ms", 20),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            serializer.configure(settings, false);
            for (Input.Role role : List.of(Input.Role.TABLE, Input.Role.STREAM)) {
                for (int partition = 0; partition < partitions; partition++) {
                    for (InputRecord record : history.records()) {
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
        if (!failures.isEmpty()) {
            throw new IllegalStateException(failures.size() + " records were not written", failures.peek());
        }
    }

    private static ProducerRecord<byte[], byte[]> bytes(
            InputRecord record, AvroSerializer<GenericContainer> serializer) {
        return new ProducerRecord<>(
                record.input().topic(),
                record.partition(),
                record.writtenAt().toEpochMilli(),
                record.key() == null ? null : record.key().getBytes(StandardCharsets.UTF_8),
                record.bytes(serializer));
    }

    /** What is in the input topics of some views, all of it readable. */
    public History read(List<ViewSpec> specs) {
        return read(specs, _ -> true);
    }

    /**
     * The same where some records cannot be read.
     *
     * @param isReadable whether a value is an event; those that are not are left out
     */
    public History read(List<ViewSpec> specs, Predicate<byte[]> isReadable) {
        var inputs = new HashMap<String, Input<?>>();
        specs.forEach(spec -> spec.definition().inputs().forEach(input -> inputs.put(input.topic(), input)));
        var records = new ArrayList<InputRecord>();
        inputs.values().forEach(input -> records.addAll(read(input, isReadable)));
        return new History(records);
    }

    private <V extends SpecificRecord> List<InputRecord> read(Input<V> input, Predicate<byte[]> isReadable) {
        var records = new ArrayList<InputRecord>();
        try (Serde<V> serde = serdes().value(DataType.of(input.type()))) {
            scan(input.topic(), record -> {
                if (record.value() == null || isReadable.test(record.value())) {
                    records.add(new InputRecord(
                            input,
                            record.partition(),
                            new String(record.key(), StandardCharsets.UTF_8),
                            serde.deserializer().deserialize(input.topic(), record.value()),
                            InputRecord.Form.KNOWN,
                            Instant.ofEpochMilli(record.timestamp())));
                }
            });
        }
        return records;
    }

    /**
     * What is in an output topic, as a consumer sees it that reads what is committed.
     *
     * @param results the newest value of each key, those deleted left out
     * @param repeated keys with a record that says the same, as of the same time, as the one before it
     */
    public record OutputContent(Map<Object, Object> results, Set<Object> repeated) {}

    /** Reads the output topic of a version to its end. */
    public OutputContent output(ViewDefinition definition, int version) {
        String topic = definition.name() + ".v" + version;
        Output<?, ?> output = definition.output();
        try (Serde<?> key = serdes().key(output.key());
                Serde<?> value = valueSerde(output)) {
            return output(topic, key, value);
        }
    }

    private <V extends SpecificRecord> Serde<V> valueSerde(Output<?, V> output) {
        return serdes().value(output.value());
    }

    private OutputContent output(String topic, Serde<?> keySerde, Serde<?> valueSerde) {
        record Update(Object value, long at) {}
        var newest = new HashMap<Object, Update>();
        var repeated = new HashSet<Object>();
        scan(topic, record -> {
            Object key = Objects.requireNonNull(keySerde.deserializer().deserialize(topic, record.key()));
            Object value =
                    record.value() == null ? null : valueSerde.deserializer().deserialize(topic, record.value());
            if (value == null) {
                newest.remove(key);
            } else {
                var update = new Update(value, record.timestamp());
                if (update.equals(newest.put(key, update))) {
                    repeated.add(key);
                }
            }
        });
        var results = new HashMap<Object, Object>();
        newest.forEach((key, update) -> results.put(key, update.value()));
        return new OutputContent(results, repeated);
    }

    private ConfiguredSerdes serdes() {
        return new ConfiguredSerdes(AvroSerde.class, settings);
    }

    /** Reads what is committed in a topic, to the end it has now. */
    public void scan(String topic, Consumer<ConsumerRecord<byte[], byte[]>> found) {
        var consumer = new KafkaConsumer<>(
                Map.<String, Object>of(
                        "bootstrap.servers",
                        kafka,
                        "isolation.level",
                        "read_committed",
                        "allow.auto.create.topics",
                        false,
                        "fetch.max.wait.ms",
                        10),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
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
            // Without waiting for the answer to its last fetch.
            consumer.close(CloseOptions.timeout(Duration.ZERO));
        }
    }
}
