package dev.kappa.topologies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kappa.avro.AvroSerde;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.InMemorySchemaRegistry;
import dev.kappa.events.Reading;
import dev.kappa.results.SensorAverage;
import dev.kappa.topologies.input.InputObserver;
import dev.kappa.topologies.serde.ConfiguredSerdes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.junit.jupiter.api.Test;

class DeclaredPartsTest {

    private static final Input<Reading> READINGS = Input.stream("readings", Reading.class);
    private static final Input<Reading> OTHERS = Input.stream("others", Reading.class);
    private static final Parameter<Duration> RETENTION = Parameter.retention();
    private static final Input<Reading> UNDECLARED = Input.stream("undeclared", Reading.class);
    private static final Store<String, SensorAverage> LAST = Store.keyValue("last", DataType.TEXT, SensorAverage.class);

    @Test
    void definitionThatBuildsWhatItDeclaresIsBuilt() {
        assertThatCode(() -> build(List.of(LAST), view -> view.output(last(view), output())))
                .doesNotThrowAnyException();
    }

    @Test
    void otherTopicsAreNotWritten() {
        assertThatThrownBy(() -> build(List.of(LAST), view -> {
                    KStream<String, SensorAverage> results = last(view);
                    results.mapValues(Object::toString, Named.as("text"))
                            .to(
                                    "elsewhere",
                                    Produced.with(Serdes.String(), Serdes.String())
                                            .withName("leak"));
                    view.output(results, output());
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("writes to topic elsewhere");
    }

    @Test
    void topicIsNotInternalBecauseItIsReadAgain() {
        assertThatThrownBy(() -> build(List.of(LAST), view -> {
                    KStream<String, SensorAverage> results = last(view);
                    results.mapValues(Object::toString, Named.as("text"))
                            .to(
                                    "readings",
                                    Produced.with(Serdes.String(), Serdes.String())
                                            .withName("loop"));
                    view.output(results, output());
                }))
                .hasMessageContaining("writes to topic readings");
    }

    @Test
    void topicsThatAreChosenForEachRecordAreRefused() {
        assertThatThrownBy(() -> build(List.of(LAST), view -> {
                    KStream<String, SensorAverage> results = last(view);
                    results.mapValues(Object::toString, Named.as("text"))
                            .to(
                                    (key, _, _) -> key,
                                    Produced.with(Serdes.String(), Serdes.String())
                                            .withName("fan-out"));
                    view.output(results, output());
                }))
                .hasMessageContaining("writes to topics that it chooses itself");
    }

    @Test
    void undeclaredInputsAreNotRead() {
        assertThatThrownBy(() -> build(
                        List.of(LAST),
                        view -> view.output(
                                last(view).merge(averages(view, UNDECLARED), Named.as("merged")), output())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("undeclared");
    }

    @Test
    void declaredStoresAreBuilt() {
        assertThatThrownBy(() -> build(List.of(LAST), view -> view.output(averages(view, READINGS), output())))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("declares store last and does not build it");
    }

    @Test
    void viewHasAnOutput() {
        assertThatThrownBy(() -> build(List.of(LAST), DeclaredPartsTest::last))
                .hasMessageContaining("writes no output");
    }

    @Test
    void lookBackIsThatOfTheWindowsThatAreBuilt() {
        Parameter<Duration> window = Parameter.duration("window", Duration.ofHours(1), Duration.ofSeconds(1), "");
        Parameter<Duration> grace = Parameter.grace(Duration.ofMinutes(10));
        Store<String, SensorAverage> store = Store.windowed(
                "averages", DataType.TEXT, SensorAverage.class, Windows.tumbling(window, grace, RETENTION), "mean");
        Consumer<ViewTopology> windows = view -> view.output(
                view.windowed(store)
                        .aggregate(
                                averages(view, READINGS),
                                () -> new SensorAverage(0L, 0.0, 0.0, 0.0),
                                (_, one, _) -> one)
                        .map((key, value) -> KeyValue.pair(key.getKey(), value), Named.as("text-key")),
                output());
        List<Parameter<?>> parameters = List.of(window, grace, RETENTION);
        assertThat(build(List.of(store), parameters, windows).lookBack())
                .hasValue(Duration.ofHours(1).plusMinutes(10));

        Consumer<ViewTopology> withStoreOfItsOwn = view -> {
            windows.accept(view);
            view.stream(OTHERS).groupByKey().count(Named.as("count"), Materialized.as("own-store"));
        };
        assertThat(build(List.of(store), parameters, withStoreOfItsOwn).lookBack())
                .as("nothing is known of the store")
                .isEmpty();
        assertThat(build(List.of(LAST), List.of(), view -> view.output(last(view), output()))
                        .lookBack())
                .as("a value of any age")
                .isEmpty();
    }

    private static Output<String, SensorAverage> output() {
        return Output.of(DataType.TEXT, SensorAverage.class);
    }

    private static KStream<String, SensorAverage> averages(ViewTopology view, Input<Reading> input) {
        return view.stream(input)
                .mapValues(
                        reading -> new SensorAverage(1L, reading.getValue(), reading.getValue(), reading.getValue()),
                        Named.as("average-" + input.topic()));
    }

    private static KStream<String, SensorAverage> last(ViewTopology view) {
        return averages(view, READINGS)
                .toTable(Named.as("keep"), view.keyValue(LAST))
                .toStream(Named.as("changed"));
    }

    private static void build(List<Store<?, ?>> stores, Consumer<ViewTopology> topology) {
        var _ = build(stores, List.of(), topology);
    }

    private static BuiltTopology build(
            List<Store<?, ?>> stores, List<Parameter<?>> parameters, Consumer<ViewTopology> topology) {
        try (var registry = new InMemorySchemaRegistry()) {
            var definition = new Definition(stores, parameters, topology);
            var serdes = new ConfiguredSerdes(
                    AvroSerde.class, Map.of(AvroSerdeConfig.URL, "http://unused", AvroSerdeConfig.CLIENT, registry));
            return ViewTopology.build(
                    definition, ParameterValues.of(definition, Map.of()), "averages.v1", serdes, InputObserver.NONE);
        }
    }

    private record Definition(List<Store<?, ?>> stores, List<Parameter<?>> parameters, Consumer<ViewTopology> topology)
            implements ViewDefinition {

        @Override
        public String name() {
            return "averages";
        }

        @Override
        public int revision() {
            return 1;
        }

        @Override
        public String description() {
            return "For tests";
        }

        @Override
        public List<Input<?>> inputs() {
            return List.of(READINGS, OTHERS);
        }

        @Override
        public Output<?, ?> output() {
            return DeclaredPartsTest.output();
        }

        @Override
        public void build(ViewTopology view) {
            topology.accept(view);
        }
    }
}
