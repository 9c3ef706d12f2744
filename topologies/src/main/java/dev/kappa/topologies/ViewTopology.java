package dev.kappa.topologies;

import dev.kappa.results.WindowedKey;
import dev.kappa.topologies.eventtime.EventTime;
import dev.kappa.topologies.eventtime.InTime;
import dev.kappa.topologies.eventtime.MarkRemoval;
import dev.kappa.topologies.eventtime.PromptCommits;
import dev.kappa.topologies.guard.RecordGuard;
import dev.kappa.topologies.input.Finite;
import dev.kappa.topologies.input.InputObserver;
import dev.kappa.topologies.serde.Serdes;
import dev.kappa.topologies.streams.Combining;
import dev.kappa.topologies.streams.OpenWindows;
import dev.kappa.topologies.streams.SessionAggregation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyConfig;
import org.apache.kafka.streams.kstream.Aggregator;
import org.apache.kafka.streams.kstream.Initializer;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.TimestampedKeyValueStore;
import org.apache.kafka.streams.state.VersionedKeyValueStore;
import org.apache.kafka.streams.state.WindowStore;

/**
 * The builder for the topology of a definition: a {@link StreamsBuilder} whose inputs, stores and output carry the right
 * names, serdes, event times and topic settings.
 *
 * <p>Not thread-safe; lives while one topology is built.
 */
public final class ViewTopology {

    /** How far apart partitions may be read when nothing in a topology depends on it. */
    private static final Duration UNLIMITED_SKEW = Duration.ofDays(36_500);

    private static final String REPARTITION = "-repartition";

    private final StreamsBuilder builder;
    private final ParameterValues parameters;
    private final String outputTopic;
    private final Serdes serdes;
    private final InputObserver observer;
    private final PromptCommits commits;
    private final ViewStores stores;
    private final List<WrittenSchema> schemas = new ArrayList<>();
    private Duration maxSkew = UNLIMITED_SKEW;
    private Duration lookBack = Duration.ZERO;

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
        this.commits = new PromptCommits(observer);
        this.stores = new ViewStores(serdes);
    }

    /**
     * Builds the topology of one version of a view.
     *
     * @param definition the view's code
     * @param parameters the version's parameters
     * @param outputTopic the version's output topic
     * @param serdes makes the serdes
     * @param observer told of each input record
     * @throws IllegalStateException when the definition builds something else than it declares
     */
    public static BuiltTopology build(
            ViewDefinition definition,
            ParameterValues parameters,
            String outputTopic,
            Serdes serdes,
            InputObserver observer) {
        var builder = new StreamsBuilder(new TopologyConfig(new StreamsConfig(explicitNaming(observer))));
        var view = new ViewTopology(builder, parameters, outputTopic, serdes, observer);
        try {
            definition.build(view);
        } catch (InvalidParameterException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            // Values that are allowed one by one may not fit each other.
            throw new InvalidParameterException(
                    "View " + definition.name() + " cannot be built with these parameters: " + e.getMessage(), e);
        }
        Topology topology = builder.build();
        Set<String> stores = DeclaredParts.require(definition, topology.describe(), outputTopic);
        List<WrittenSchema> schemas = new ArrayList<>(view.schemas);
        schemas.addAll(view.stores.schemas());
        return new BuiltTopology(
                topology,
                view.maxSkew,
                view.stores.needWholeHistory(stores)
                        ? Optional.empty()
                        : Optional.of(view.lookBack.plus(view.stores.longestTimeline())),
                schemas);
    }

    /** Whether a store of a topology has a changelog. */
    public static boolean hasChangelog(String store) {
        return ViewStores.hasChangelog(store);
    }

    /** An unnamed operator with an internal topic fails the build instead of getting a number that shifts later. */
    private static Properties explicitNaming(InputObserver observer) {
        var properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "unused-while-building");
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "unused-while-building:0");
        properties.put(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG, true);
        properties.put(StreamsConfig.PROCESSOR_WRAPPER_CLASS_CONFIG, RecordGuard.class);
        properties.put(RecordGuard.CONFIG, observer.records());
        return properties;
    }

    /** The version's value of a parameter. */
    public <T> T parameter(Parameter<T> parameter) {
        return parameters.get(parameter);
    }

    /** An input's valid events, in event time, on the partition where their key belongs. */
    public <V extends SpecificRecord> KStream<String, V> stream(Input<V> declared) {
        Input<V> input = parameters.input(declared);
        boolean isRekeyed = parameters.isRekeyed(input);
        var reader = new InputReader<>(
                input, serdes, observer, new EventTime(outputTopic, input, observer, commits, isRekeyed));
        KStream<String, V> checked = reader.checked(builder);
        return isRekeyed
                ? reader.placed(checked, repartition(rekeyed(input.topic()), DataType.TEXT, input.type()))
                : checked;
    }

    /** Name of the repartition topic of an input whose key is not that of its records. */
    private static String rekeyed(String topic) {
        return "rekeyed-" + topic;
    }

    /** Name of that topic on the cluster, without the application id that stands before it. */
    public static String rekeyedTopic(String topic) {
        return rekeyed(topic) + REPARTITION;
    }

    /**
     * Drops and counts events whose number is NaN or infinite: one of them would make every mean, minimum or maximum wrong that
     * includes it.
     *
     * @param name of the operator
     * @param number the number
     */
    public <V> KStream<String, V> finite(KStream<String, V> events, String name, ToDoubleFunction<V> number) {
        return events.processValues(() -> new Finite<>(name, number), Named.as(name));
    }

    /**
     * An input as a table, in a store that is named after the topic. A join with it finds the value as of the record's time. For an
     * input whose schema names no event time, it finds the latest value.
     */
    public <V extends SpecificRecord> KTable<String, V> table(Input<V> input) {
        return stream(input)
                .toTable(
                        Named.as("keep-" + input.topic()),
                        stores.table(
                                input.topic() + "-table",
                                input.type(),
                                input.schema().eventTime().isPresent()));
    }

    /** Aggregates events per window of a store, as its windows say. */
    public <A extends SpecificRecord> WindowedAggregation<A> windowed(Store<String, A> store) {
        return new WindowedAggregation<>(this, store);
    }

    /** Keeps the sessions of a store, as its gap says. */
    public <A extends SpecificRecord> SessionedAggregation<A> sessions(Store<String, A> store) {
        return new SessionedAggregation<>(this, store);
    }

    <V, A extends SpecificRecord> KStream<WindowedKey, A> aggregate(
            KStream<String, V> events, Store<String, A> store, Initializer<A> none, Aggregator<String, V, A> add) {
        Windows of = store.windows().orElseThrow();
        Duration size = parameter(of.size());
        Duration open = size.plus(parameter(of.grace()));
        lookBack = lookBack.plus(open);
        var windows = new OpenWindows(size, parameter(of.advance()), parameter(of.grace()), kept(of.retention(), open));
        String operator = "aggregate-" + store.name();
        return events.processValues(
                        () -> windows.new Gate<String, V>(operator, commits), Named.as("gate-" + store.name()))
                .groupByKey()
                .windowedBy(windows)
                .aggregate(none, add, Named.as(operator), stores.window(store, windows.kept()))
                .toStream(Named.as(store.name() + "-changed"))
                .selectKey((key, _) -> outputKey(key), Named.as("key-" + store.name()));
    }

    /** Combines the updates of each key and window that a task has read, and sends them to the task that has the key. */
    <V, A extends SpecificRecord> KStream<String, A> combined(
            KStream<String, V> events,
            Store<String, A> store,
            String repartition,
            Initializer<A> none,
            Aggregator<String, V, A> add) {
        Windows of = store.windows().orElseThrow();
        var combining = new Combining<>(
                "aggregate-" + store.name(),
                ViewStores.combined(store.name()),
                parameter(of.size()),
                parameter(of.advance()),
                parameter(of.grace()),
                none,
                add);
        writes(repartition + REPARTITION, true, store.key(), store.value());
        return events.process(combining, Named.as("combine-" + store.name()))
                .repartition(Repartitioned.<String, A>as(repartition)
                        .withKeySerde(serdes.key(store.key()))
                        .withValueSerde(serdes.value(store.value())));
    }

    <V, A extends SpecificRecord> KStream<WindowedKey, A> sessions(
            KStream<String, V> events, Store<String, A> store, Function<V, A> first, BinaryOperator<Session<A>> merge) {
        Sessions of = store.sessions().orElseThrow();
        Duration open = parameter(of.gap()).plus(parameter(of.grace()));
        lookBack = lookBack.plus(open);
        Duration kept = kept(of.retention(), open);
        return events.process(
                new SessionAggregation<>(
                        stores.session(store, kept), parameter(of.gap()), parameter(of.grace()), kept, first, merge),
                Named.as("aggregate-" + store.name()));
    }

    /**
     * Drops and counts late events. An event is late when an earlier offset of its source partition has a time that is at least
     * {@code open} after the event's.
     *
     * @param name of the operator
     * @param open how long an event is waited for, in event time
     */
    public <V> KStream<String, V> inTime(KStream<String, V> events, String name, Duration open) {
        return events.processValues(() -> new InTime<String, V>(name, open), Named.as(name));
    }

    /** Windows are kept twice as long as they are open at least, so that partitions need not be read in step. */
    private Duration kept(Parameter<Duration> retention, Duration open) {
        Duration atLeast = open.multipliedBy(2);
        Duration kept = parameter(retention).compareTo(atLeast) >= 0 ? parameter(retention) : atLeast;
        limitSkew(kept.minus(open));
        return kept;
    }

    /**
     * Limits how far apart in event time the partitions of the view's inputs are read, because beyond it results would be lost or
     * cost too much. Windows and histories set their own limits.
     */
    public void limitSkew(Duration skew) {
        maxSkew = skew.compareTo(maxSkew) < 0 ? skew : maxSkew;
    }

    private void writes(String topic, boolean isInternal, DataType<?> key, DataType<?> value) {
        schemas.addAll(WrittenSchema.of(topic, isInternal, key, value));
    }

    /** A repartition topic of the given name. */
    public <K, V extends SpecificRecord> Repartitioned<K, V> repartition(String name, DataType<K> key, Class<V> value) {
        writes(name + REPARTITION, true, key, DataType.of(value));
        return Repartitioned.<K, V>as(name)
                .withKeySerde(serdes.key(key))
                .withValueSerde(serdes.value(DataType.of(value)));
    }

    /** A key-value store for {@code toTable} and its like. */
    public <K, V extends SpecificRecord> Materialized<K, V, KeyValueStore<Bytes, byte[]>> keyValue(Store<K, V> store) {
        return stores.keyValue(store);
    }

    /** A key-value store for a processor. */
    public <K, V extends SpecificRecord> StoreBuilder<TimestampedKeyValueStore<K, V>> keyValueBuilder(
            Store<K, V> store) {
        return stores.keyValueBuilder(store);
    }

    /** The second store of a store that can be asked as of a time. */
    public <K, V extends SpecificRecord> StoreBuilder<VersionedKeyValueStore<K, V>> history(
            Store<K, V> store, Parameter<Duration> history) {
        Duration kept = parameter(history);
        limitSkew(kept.dividedBy(2));
        return stores.history(store, kept);
    }

    /**
     * A store for a processor that counts the events of a key at each instant. It is for joining streams. The join of Kafka Streams
     * tells events of the same key and instant apart by a number that restarts with the process, and loses some after a crash.
     *
     * @param name unique within the view
     * @param open how long after an event another one may still look at it
     */
    public StoreBuilder<WindowStore<String, Long>> timeline(String name, Duration open) {
        limitSkew(ViewStores.TIMELINE_KEPT);
        return stores.timeline(name, open);
    }

    /** Ends the topology: the stream becomes the view's output. */
    public <K, V extends SpecificRecord> void output(KStream<K, V> results, Output<K, V> output) {
        writes(outputTopic, false, output.key(), output.value());
        results.processValues(() -> new MarkRemoval<K, V>(commits), Named.as("unmark-output"))
                .to(
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
