package dev.kappa.topologies.kit;

import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.AvroSerializer;
import dev.kappa.avro.EventSchema;
import dev.kappa.avro.InMemorySchemaRegistry;
import dev.kappa.topologies.DataType;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.ParameterValues;
import dev.kappa.topologies.Store;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.ViewTopology;
import dev.kappa.topologies.input.InputObserver;
import dev.kappa.topologies.serde.ConfiguredSerdes;
import dev.kappa.topologies.serde.Serdes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import org.apache.avro.generic.GenericContainer;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.apache.kafka.streams.errors.LogAndContinueExceptionHandler;
import org.apache.kafka.streams.errors.ProcessingExceptionHandler;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.apache.kafka.streams.test.TestRecord;
import org.jspecify.annotations.Nullable;

/** One version of a view in a {@link TopologyTestDriver}: events in, stores and results out. */
public final class ViewTestDriver implements AutoCloseable {

    private static final String OUTPUT = "output";

    private final ViewDefinition definition;
    private final Serdes serdes;
    private final AvroSerializer<GenericContainer> serializer = new AvroSerializer<>();
    private final TopologyTestDriver driver;
    private final List<Exception> rejected = new ArrayList<>();

    public ViewTestDriver(ViewDefinition definition, Path stateDir, Map<String, String> parameters) {
        this.definition = definition;
        Map<String, Object> registry = Map.of(AvroSerdeConfig.CLIENT, new InMemorySchemaRegistry());
        this.serdes = new ConfiguredSerdes(dev.kappa.avro.AvroSerde.class, registry);
        serializer.configure(registry, false);
        var properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "test");
        properties.put(StreamsConfig.STATE_DIR_CONFIG, stateDir.toString());
        properties.put(
                StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG, LogAndContinueExceptionHandler.class);
        properties.put(StreamsConfig.PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG, Collecting.class);
        properties.put(Collecting.CONFIG, rejected);
        this.driver = new TopologyTestDriver(topology(definition, parameters, serdes), properties, Instant.EPOCH);
    }

    public static Serdes serdes() {
        return new ConfiguredSerdes(
                dev.kappa.avro.AvroSerde.class, Map.of(AvroSerdeConfig.CLIENT, new InMemorySchemaRegistry()));
    }

    public static Topology topology(ViewDefinition definition, Map<String, String> parameters, Serdes serdes) {
        return ViewTopology.build(
                        definition, ParameterValues.of(definition, parameters), OUTPUT, serdes, InputObserver.NONE)
                .topology();
    }

    /** Sends an event as a producer does: keyed as its schema says, written at its event time. */
    public <V extends SpecificRecord> void send(Input<V> input, V event) {
        EventSchema schema = input.schema();
        String key = schema.key()
                .map(field -> String.valueOf(event.get(field.pos())))
                .orElseThrow();
        send(input, key, event, schema.eventTimeOf(event).orElse(0L));
    }

    /** Sends any record. */
    public <V extends SpecificRecord> void send(Input<V> input, @Nullable String key, @Nullable V event, long logTime) {
        TestInputTopic<String, V> topic = driver.createInputTopic(
                input.topic(),
                new StringSerializer(),
                serdes.value(DataType.of(input.type())).serializer());
        topic.pipeInput(new TestRecord<>(key, event, null, logTime));
    }

    /** Sends a record as a producer of its form does. */
    public void send(InputRecord record) {
        TestInputTopic<byte[], byte[]> topic =
                driver.createInputTopic(record.input().topic(), new ByteArraySerializer(), new ByteArraySerializer());
        topic.pipeInput(new TestRecord<>(
                record.key() == null ? null : record.key().getBytes(StandardCharsets.UTF_8),
                record.bytes(serializer),
                null,
                record.writtenAt().toEpochMilli()));
    }

    /** Lets time pass on the clock of the wall, which must change nothing. */
    public void passTime(Duration time) {
        driver.advanceWallClockTime(time);
    }

    /** The exceptions of events that were turned away. */
    public List<Exception> rejected() {
        return List.copyOf(rejected);
    }

    /** What the output topic amounts to: the newest value of each key, those deleted left out. */
    public Map<Object, Object> results() {
        var results = new HashMap<Object, Object>(
                output(definition.output().key(), definition.output().value()));
        results.values().removeIf(Objects::isNull);
        return results;
    }

    /** Everything written to the output topic so far, the newest value of each key. */
    public <K, V> Map<K, V> output(DataType<K> keyType, DataType<V> valueType) {
        Serde<K> key = serdes.key(keyType);
        Serde<V> value = serdes.value(valueType);
        var newest = new HashMap<K, V>();
        driver.createOutputTopic(OUTPUT, key.deserializer(), value.deserializer())
                .readRecordsToList()
                .forEach(record -> newest.put(record.key(), record.value()));
        return newest;
    }

    /** The contents of a key-value store. */
    public <K, V extends SpecificRecord> Map<K, V> entries(Store<K, V> store) {
        var entries = new HashMap<K, V>();
        try (KeyValueIterator<K, ValueAndTimestamp<V>> all =
                driver.<K, V>getTimestampedKeyValueStore(store.name()).all()) {
            all.forEachRemaining(entry -> entries.put(entry.key, entry.value.value()));
        }
        return entries;
    }

    /** The contents of a window store, by key and start. */
    public <K, V extends SpecificRecord> Map<Windowed<K>, V> windows(Store<K, V> store) {
        var windows = new HashMap<Windowed<K>, V>();
        try (KeyValueIterator<Windowed<K>, ValueAndTimestamp<V>> all =
                driver.<K, V>getTimestampedWindowStore(store.name()).all()) {
            all.forEachRemaining(entry -> windows.put(entry.key, entry.value.value()));
        }
        return windows;
    }

    /** What the driver's Kafka Streams counted under a name, over all its tasks. */
    public double metric(String name) {
        return driver.metrics().values().stream()
                .filter(metric -> metric.metricName().name().equals(name))
                .mapToDouble(metric -> ((Number) metric.metricValue()).doubleValue())
                .sum();
    }

    @Override
    public void close() {
        driver.close();
    }

    @Override
    public String toString() {
        return definition.name();
    }

    /** Takes note of exceptions and goes on. */
    public static final class Collecting implements ProcessingExceptionHandler {

        static final String CONFIG = "test.rejected";

        private List<Exception> rejected = new ArrayList<>();

        @Override
        @SuppressWarnings("unchecked")
        public void configure(Map<String, ?> configs) {
            if (configs.get(CONFIG) instanceof List<?> list) {
                this.rejected = (List<Exception>) list;
            }
        }

        @Override
        public Response handleError(ErrorHandlerContext context, Record<?, ?> record, Exception exception) {
            rejected.add(exception);
            return Response.resume();
        }
    }
}
