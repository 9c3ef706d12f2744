package dev.kappa.topologies;

import dev.kappa.results.WindowedKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Properties;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.TimestampedKeyValueStore;
import org.apache.kafka.streams.state.WindowStore;

/**
 * What a definition builds its topology with: a {@link StreamsBuilder} whose inputs, stores and output carry the right
 * names, serdes, event times and topic settings.
 *
 * <p>Not thread-safe; lives while one topology is built.
 */
public final class ViewTopology {

    private final StreamsBuilder builder;
    private final ParameterValues parameters;
    private final String outputTopic;
    private final Serdes serdes;
    private final InputObserver observer;

    private ViewTopology(
            StreamsBuilder builder,
            ParameterValues parameters,
            String outputTopic,
            Serdes serdes,
            InputObserver observer) {
        this.builder = builder;
        this.parameters = parameters;
        this.outputTopic = outputTopic;
        this.serdes = serdes;
        this.observer = observer;
    }

    /**
     * Builds the topology of one version of a view.
     *
     * @param definition the view's code
     * @param parameters the version's parameters
     * @param outputTopic the version's output topic
     * @param serdes makes the serdes
     * @param observer told of each input record
     */
    public static Topology build(
            ViewDefinition definition,
            ParameterValues parameters,
            String outputTopic,
            Serdes serdes,
            InputObserver observer) {
        var builder = new StreamsBuilder(new TopologyConfig(new StreamsConfig(explicitNaming())));
        definition.build(new ViewTopology(builder, parameters, outputTopic, serdes, observer));
        return builder.build();
    }

    /** An unnamed operator with an internal topic fails the build instead of getting a number that shifts later. */
    private static Properties explicitNaming() {
        var properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "unused-while-building");
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "unused-while-building:0");
        properties.put(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG, true);
        return properties;
    }

    /** The version's value of a parameter. */
    public <T> T parameter(Parameter<T> parameter) {
        return parameters.get(parameter);
    }

    /** An input's valid events, in event time. */
    public <V extends SpecificRecord> KStream<String, V> stream(Input<V> input) {
        var eventTime = new EventTime(input, observer);
        Consumed<String, V> consumed = Consumed.with(serdes.key(DataType.TEXT), serdes.value(DataType.of(input.type())))
                .withTimestampExtractor(eventTime)
                .withName("read-" + input.topic());
        return builder.stream(input.topic(), consumed)
                .processValues(() -> eventTime.new Check<V>(), Named.as("check-" + input.topic()));
    }

    /** An input as a table of the newest value per key, kept in a store of the topic's name. */
    public <V extends SpecificRecord> KTable<String, V> table(Input<V> input) {
        Materialized<String, V, KeyValueStore<Bytes, byte[]>> store =
                Materialized.<String, V, KeyValueStore<Bytes, byte[]>>as(input.topic() + "-table")
                        .withKeySerde(serdes.key(DataType.TEXT))
                        .withValueSerde(serdes.value(DataType.of(input.type())));
        return stream(input).toTable(Named.as("keep-" + input.topic()), store);
    }

    /** A repartition topic of the given name. */
    public <K, V extends SpecificRecord> Repartitioned<K, V> repartition(String name, DataType<K> key, Class<V> value) {
        return Repartitioned.<K, V>as(name)
                .withKeySerde(serdes.key(key))
                .withValueSerde(serdes.value(DataType.of(value)));
    }

    /** A key-value store for {@code toTable} and its like. */
    public <K, V extends SpecificRecord> Materialized<K, V, KeyValueStore<Bytes, byte[]>> keyValue(Store<K, V> store) {
        return Materialized.<K, V, KeyValueStore<Bytes, byte[]>>as(store.name())
                .withKeySerde(serdes.key(store.key()))
                .withValueSerde(serdes.value(store.value()));
    }

    /** A key-value store for a processor. */
    public <K, V extends SpecificRecord> StoreBuilder<TimestampedKeyValueStore<K, V>> keyValueBuilder(
            Store<K, V> store) {
        return Stores.timestampedKeyValueStoreBuilder(
                Stores.persistentTimestampedKeyValueStore(store.name()),
                serdes.key(store.key()),
                serdes.value(store.value()));
    }

    /**
     * A window store.
     *
     * <p>Its changelog is compacted without a time limit: Kafka counts retention from a record's time, which in a replay
     * is the event time, so a limit would delete old windows' state as soon as it is written.
     *
     * @param retention how long windows can be queried, counted back from the newest event
     */
    public <K, V extends SpecificRecord> Materialized<K, V, WindowStore<Bytes, byte[]>> window(
            Store<K, V> store, Duration retention) {
        return Materialized.<K, V, WindowStore<Bytes, byte[]>>as(store.name())
                .withKeySerde(serdes.key(store.key()))
                .withValueSerde(serdes.value(store.value()))
                .withRetention(retention)
                .withLoggingEnabled(Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT));
    }

    /** Ends the topology: the stream becomes the view's output. */
    public <K, V extends SpecificRecord> void output(KStream<K, V> results, Output<K, V> output) {
        results.to(
                outputTopic,
                Produced.with(serdes.key(output.key()), serdes.value(output.value()))
                        .withName("write-output"));
    }

    /** The output key of a windowed result. */
    public static WindowedKey outputKey(Windowed<String> key) {
        return WindowedKey.newBuilder()
                .setKey(key.key())
                .setStart(Instant.ofEpochMilli(key.window().start()))
                .setEnd(Instant.ofEpochMilli(key.window().end()))
                .build();
    }
}
