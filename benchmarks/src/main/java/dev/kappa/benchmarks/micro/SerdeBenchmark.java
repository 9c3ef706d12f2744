package dev.kappa.benchmarks.micro;

import dev.kappa.avro.AvroSerde;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.InMemorySchemaRegistry;
import dev.kappa.events.AdEvent;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.eventtime.InputScan;
import dev.kappa.topologies.input.InputObserver;
import dev.kappa.topologies.serde.ConfiguredSerdes;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Events between objects and bytes, and the look at their bytes that leaves out what a view is not about. */
@State(Scope.Benchmark)
public class SerdeBenchmark {

    private static final String TOPIC = "ad-events";

    private final AvroSerde<AdEvent> serde = new AvroSerde<>();
    private final AdEvent event = new AdEvent(
            "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
            "3f2504e0-4f89-41d3-9a0c-0305e82c3302",
            "ad-000042",
            "banner",
            "click",
            Instant.parse("2026-01-01T00:00:00Z"));
    private final InputScan scan;
    private final byte[] bytes;
    private final ConsumerRecord<byte[], byte[]> record;

    /** Begins with a schema that is registered. */
    public SerdeBenchmark() {
        Map<String, ?> configs = Map.of(
                AvroSerdeConfig.URL,
                "http://in-memory",
                AvroSerdeConfig.CLIENT,
                new InMemorySchemaRegistry(),
                AvroSerdeConfig.SPECIFIC_READER,
                true);
        serde.configure(configs, false);
        bytes = Objects.requireNonNull(serde.serializer().serialize(TOPIC, event));
        byte[] key = "ad-000042".getBytes(StandardCharsets.UTF_8);
        record = new ConsumerRecord<>(
                TOPIC,
                0,
                0,
                event.getAt().toEpochMilli(),
                TimestampType.CREATE_TIME,
                key.length,
                bytes.length,
                key,
                bytes,
                new RecordHeaders(),
                Optional.empty());
        scan = new InputScan(
                Input.stream(TOPIC, AdEvent.class).only("eventType", "view"),
                new ConfiguredSerdes(AvroSerde.class, configs),
                InputObserver.NONE);
    }

    /** From object to bytes. */
    @Benchmark
    public byte[] serialize() {
        return Objects.requireNonNull(serde.serializer().serialize(TOPIC, event));
    }

    /** From bytes to object. */
    @Benchmark
    public AdEvent deserialize() {
        return Objects.requireNonNull(serde.deserializer().deserialize(TOPIC, bytes));
    }

    /** Event time and whether it matters, without an object. */
    @Benchmark
    public InputScan.Found look() {
        return scan.look(record);
    }
}
