package dev.kappa.samples.sensoraverages;

import com.google.auto.service.AutoService;
import dev.kappa.events.Reading;
import dev.kappa.results.SensorAverage;
import dev.kappa.results.WindowedKey;
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

/**
 * Count, mean, minimum and maximum of each sensor's readings per hopping window of event time.
 *
 * <p>Readings with equal times all count, and one sent twice counts twice. Order within the grace period changes nothing
 * but the last digits of a mean. A reading is late for a window when an earlier one of its partition is dated at or past
 * the window's end plus grace; it still counts in its later windows.
 */
@AutoService(ViewDefinition.class)
public final class SensorAverages implements ViewDefinition {

    static final Parameter<Duration> WINDOW = Parameter.duration(
            "window", Duration.ofHours(1), Duration.ofSeconds(1), "Length of the windows readings are averaged over");
    static final Parameter<Duration> ADVANCE = Parameter.duration(
            "advance",
            Duration.ofMinutes(10),
            Duration.ofSeconds(1),
            "How long after one window the next one starts; at most the window");
    static final Parameter<Duration> GRACE = Parameter.grace(Duration.ofMinutes(10));
    static final Parameter<Duration> RETENTION = Parameter.retention();

    static final Input<Reading> READINGS = Input.stream("readings", Reading.class);
    static final Store<String, SensorAverage> AVERAGES = Store.windowed(
            "averages",
            DataType.TEXT,
            SensorAverage.class,
            Windows.tumbling(WINDOW, GRACE, RETENTION).advancedBy(ADVANCE),
            "mean");
    static final Output<WindowedKey, SensorAverage> OUTPUT =
            Output.of(DataType.of(WindowedKey.class), SensorAverage.class);

    @Override
    public String name() {
        return "sensor-averages";
    }

    @Override
    public int revision() {
        return 2;
    }

    @Override
    public String description() {
        return "Mean, minimum and maximum of each sensor over the last hour, every ten minutes";
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
        return List.of(AVERAGES);
    }

    @Override
    public Output<?, ?> output() {
        return OUTPUT;
    }

    @Override
    public void build(ViewTopology view) {
        view.output(
                view.windowed(AVERAGES)
                        .aggregate(
                                view.finite(view.stream(READINGS), "drop-not-finite", Reading::getValue),
                                SensorAverages::none,
                                SensorAverages::add),
                OUTPUT);
    }

    private static SensorAverage none() {
        return new SensorAverage(0L, 0.0, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY);
    }

    private static SensorAverage add(String sensor, Reading reading, SensorAverage average) {
        long count = average.getCount() + 1;
        double value = reading.getValue();
        return new SensorAverage(
                count,
                average.getMean() + (value - average.getMean()) / count,
                Math.min(average.getMin(), value),
                Math.max(average.getMax(), value));
    }
}
