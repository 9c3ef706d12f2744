package dev.kappa.localdev;

import dev.kappa.events.Reading;
import dev.kappa.results.SensorAverage;
import dev.kappa.topologies.DataType;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.Output;
import dev.kappa.topologies.Parameter;
import dev.kappa.topologies.Store;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.ViewTopology;
import java.util.List;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Named;

/** A view of a user whose code fails at some values, in ways that Kafka Streams hands to no handler. */
public final class FailingView implements ViewDefinition {

    static final String NAME = "failing-view";
    static final double ENDS_THE_THREAD = 666;
    static final double OVERFLOWS_THE_STACK = 667;
    static final double IS_OF_ANOTHER_CLASS = 668;

    private static final Input<Reading> READINGS = Input.stream("readings", Reading.class);
    private static final Store<String, SensorAverage> LAST = Store.keyValue("last", DataType.TEXT, SensorAverage.class);
    private static final Output<String, SensorAverage> OUTPUT = Output.of(DataType.TEXT, SensorAverage.class);

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int revision() {
        return 1;
    }

    @Override
    public String description() {
        return "The number of readings of each sensor that it does not fail at";
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
    public List<Store<?, ?>> stores() {
        return List.of(LAST);
    }

    @Override
    public Output<?, ?> output() {
        return OUTPUT;
    }

    @Override
    public void build(ViewTopology view) {
        KStream<String, SensorAverage> counts = view.stream(READINGS)
                .mapValues(reading -> new SensorAverage(1L, checked(reading.getValue()), 0.0, 0.0), Named.as("check"))
                .repartition(view.repartition("again", DataType.TEXT, SensorAverage.class))
                .mapValues(
                        one -> new SensorAverage(1L, checkedBehind(one.getMean()), 0.0, 0.0), Named.as("check-again"))
                .groupByKey()
                .reduce(
                        (sum, one) -> new SensorAverage(sum.getCount() + 1, one.getMean(), 0.0, 0.0),
                        Named.as("count"),
                        view.keyValue(LAST))
                .toStream(Named.as("changed"));
        view.output(counts, OUTPUT);
    }

    private static double checked(double value) {
        if (value == ENDS_THE_THREAD) {
            throw new AssertionError("A bug in the code of a view");
        }
        if (value == OVERFLOWS_THE_STACK) {
            return deep(value);
        }
        if (value == IS_OF_ANOTHER_CLASS) {
            Object text = "no number";
            return (Double) text;
        }
        return value;
    }

    /** The same in the part of the topology that reads a repartition topic. */
    private static double checkedBehind(double value) {
        if (value == -ENDS_THE_THREAD) {
            throw new AssertionError("A bug in the code of a view, behind a repartition");
        }
        return value;
    }

    private static double deep(double value) {
        return value == 0 ? 0 : deep(value + 1) + 1;
    }
}
