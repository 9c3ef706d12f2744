package dev.kappa.topologies;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kappa.avro.AvroSerde;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.InMemorySchemaRegistry;
import dev.kappa.events.Reading;
import dev.kappa.results.SensorAverage;
import dev.kappa.topologies.input.InputObserver;
import dev.kappa.topologies.serde.ConfiguredSerdes;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.junit.jupiter.api.Test;

class DeclaredPartsTest {

    private static final Input<Reading> READINGS = Input.stream("readings", Reading.class);
    private static final Input<Reading> OTHERS = Input.stream("others", Reading.class);
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
                        view -> view.output(last(view).merge(averages(view, OTHERS), Named.as("merged")), output())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("others");
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
        try (var registry = new InMemorySchemaRegistry()) {
            var definition = new Definition(stores, topology);
            var serdes = new ConfiguredSerdes(
                    AvroSerde.class, Map.of(AvroSerdeConfig.URL, "http://unused", AvroSerdeConfig.CLIENT, registry));
            ViewTopology.build(
                    definition, ParameterValues.of(definition, Map.of()), "averages.v1", serdes, InputObserver.NONE);
        }
    }

    private record Definition(List<Store<?, ?>> stores, Consumer<ViewTopology> topology) implements ViewDefinition {

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
        public List<Parameter<?>> parameters() {
            return List.of();
        }

        @Override
        public List<Input<?>> inputs() {
            return List.of(READINGS);
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
