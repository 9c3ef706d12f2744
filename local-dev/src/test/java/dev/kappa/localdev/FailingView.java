package dev.kappa.localdev;

import dev.kappa.events.Reading;
import dev.kappa.results.SensorAverage;
import dev.kappa.results.VisitorSession;
import dev.kappa.topologies.DataType;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.Output;
import dev.kappa.topologies.Parameter;
import dev.kappa.topologies.Store;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.ViewTopology;
import dev.kappa.topologies.Windows;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Named;

/** A view of a user whose code fails at some values, in ways that Kafka Streams hands to no handler. */
public final class FailingView implements ViewDefinition {

    static final String NAME = "failing-view";
    static final double ENDS_THE_THREAD = 666;
    static final double OVERFLOWS_THE_STACK = 667;
    static final double IS_OF_ANOTHER_CLASS = 668;
    static final double CANNOT_BE_ADDED = 669;
    static final double CANNOT_BE_WRITTEN = 670;
    static final double CANNOT_BE_MERGED = 671;
    static final double TAKES_LONG = 672;
    /** Longer than an instance waits at first for a version that it stops. */
    private static final Duration BUSY = Duration.ofSeconds(45);
    /** Events of a window, from which on any can be merged. */
    static final long ENOUGH = 5;

    private static final Input<Reading> READINGS = Input.stream("readings", Reading.class);
    private static final Store<String, SensorAverage> LAST = Store.keyValue("last", DataType.TEXT, SensorAverage.class);
    private static final Parameter<Duration> WINDOW =
            Parameter.duration("window", Duration.ofHours(1), Duration.ofSeconds(1), "Length of the windows");
    private static final Parameter<Duration> ADVANCE =
            Parameter.duration("advance", Duration.ofMinutes(20), Duration.ofSeconds(1), "Time between two windows");
    private static final Parameter<Duration> GRACE = Parameter.grace(Duration.ofMinutes(10));
    private static final Parameter<Duration> RETENTION = Parameter.retention();
    private static final Store<String, VisitorSession> COMBINED = Store.windowed(
            "combined",
            DataType.TEXT,
            VisitorSession.class,
            Windows.tumbling(WINDOW, GRACE, RETENTION).advancedBy(ADVANCE),
            "views");
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
        return List.of(WINDOW, ADVANCE, GRACE, RETENTION);
    }

    @Override
    public List<Input<?>> inputs() {
        return List.of(READINGS);
    }

    @Override
    public List<Store<?, ?>> stores() {
        return List.of(LAST, COMBINED);
    }

    @Override
    public Output<?, ?> output() {
        return OUTPUT;
    }

    @Override
    public void build(ViewTopology view) {
        KStream<String, Reading> readings = view.stream(READINGS);
        view.windowed(COMBINED)
                .rekeyed("by-unit")
                .aggregate(
                        readings.selectKey((_, reading) -> String.valueOf(reading.getUnit()), Named.as("key-unit")),
                        () -> new VisitorSession(0L, 0L, "", ""),
                        (_, reading, sum) -> with(reading.getValue(), sum),
                        FailingView::merged);
        KStream<String, SensorAverage> counts = readings.filter(
                        (_, reading) -> reading.getUnit() == null, Named.as("without-unit"))
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

    private static VisitorSession with(double value, VisitorSession sum) {
        if (value == CANNOT_BE_ADDED) {
            throw new IllegalArgumentException("The value cannot be added");
        }
        VisitorSession next = merged(sum, new VisitorSession(1L, 0L, "", value == CANNOT_BE_MERGED ? "unwanted" : ""));
        if (value == CANNOT_BE_WRITTEN) {
            next.put("entry", null);
        }
        return next;
    }

    private static VisitorSession merged(VisitorSession sum, VisitorSession part) {
        if (sum.getViews() > 0 && sum.getViews() < ENOUGH && part.getExit().equals("unwanted")) {
            throw new IllegalArgumentException("The value cannot be merged");
        }
        return new VisitorSession(sum.getViews() + part.getViews(), 0L, sum.getEntry(), part.getExit());
    }

    private static double checked(double value) {
        if (value == TAKES_LONG) {
            System.out.println(Thread.currentThread().getName() + " is busy");
            try {
                Thread.sleep(BUSY);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            System.out.println(Thread.currentThread().getName() + " is done");
        }
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
