package dev.kappa.samples.sequencealerts;

import com.google.auto.service.AutoService;
import dev.kappa.events.Reading;
import dev.kappa.results.SequenceMatch;
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
import java.time.Instant;
import java.util.List;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Named;

/**
 * Pairs of a reading A and a later reading B of the same sensor, at most {@code within} apart, counted per tumbling window
 * of B's time. A and B are conditions on the value.
 *
 * <p>Each A makes a pair with each such B; B has to be later than A, so that readings with equal times are none. A reading
 * sent twice makes its pairs twice. Order does not matter, except that a reading is late when an earlier one of its
 * partition is dated {@code within} plus grace after it, or later, and a pair when the reading that completes it is too
 * late for the pair's window.
 */
@AutoService(ViewDefinition.class)
public final class SequenceAlerts implements ViewDefinition {

    static final Parameter<Condition> A = Condition.parameter("a", "value>90", "Which readings are an A");
    static final Parameter<Condition> B = Condition.parameter("b", "value<10", "Which readings are a B");
    static final Parameter<Duration> WITHIN = Parameter.duration(
            "within", Duration.ofMinutes(10), Duration.ofMillis(1), "How long after A a B may come; inclusive");
    static final Parameter<Duration> WINDOW = Parameter.duration(
            "window", Duration.ofHours(1), Duration.ofSeconds(1), "Length of the windows pairs are counted in");
    static final Parameter<Duration> GRACE = Parameter.grace(Duration.ofMinutes(10));
    static final Parameter<Duration> RETENTION = Parameter.retention();

    static final Input<Reading> READINGS = Input.stream("readings", Reading.class);
    static final Store<String, SequenceMatch> MATCHES = Store.windowed(
            "matches", DataType.TEXT, SequenceMatch.class, Windows.tumbling(WINDOW, GRACE, RETENTION), "count");
    static final Output<WindowedKey, SequenceMatch> OUTPUT =
            Output.of(DataType.of(WindowedKey.class), SequenceMatch.class);

    @Override
    public String name() {
        return "sequence-alerts";
    }

    @Override
    public int revision() {
        return 2;
    }

    @Override
    public String description() {
        return "Where one event is soon followed by another at the same sensor";
    }

    @Override
    public List<Parameter<?>> parameters() {
        return List.of(A, B, WITHIN, WINDOW, GRACE, RETENTION);
    }

    @Override
    public List<Input<?>> inputs() {
        return List.of(READINGS);
    }

    @Override
    public List<Store<?, ?>> stores() {
        return List.of(MATCHES);
    }

    @Override
    public Output<?, ?> output() {
        return OUTPUT;
    }

    @Override
    public void build(ViewTopology view) {
        Duration within = view.parameter(WITHIN);
        Duration open = within.plus(view.parameter(GRACE));
        var pairing = new Pairing(
                view.parameter(A),
                view.parameter(B),
                within,
                view.timeline("readings-a", open.plus(within)),
                view.timeline("readings-b", open.plus(within)));
        KStream<String, Reading> readings = view.finite(view.stream(READINGS), "drop-not-finite", Reading::getValue);
        KStream<String, SequenceMatch> pairs =
                view.inTime(readings, "drop-late-readings", open).processValues(pairing, Named.as("pair"));
        view.output(view.windowed(MATCHES).aggregate(pairs, SequenceAlerts::none, SequenceAlerts::add), OUTPUT);
    }

    private static SequenceMatch none() {
        return new SequenceMatch(0L, Instant.EPOCH, Instant.EPOCH);
    }

    private static SequenceMatch add(String sensor, SequenceMatch pair, SequenceMatch sum) {
        if (sum.getCount() == 0) {
            return pair;
        }
        return new SequenceMatch(
                sum.getCount() + pair.getCount(),
                pair.getFirstA().isBefore(sum.getFirstA()) ? pair.getFirstA() : sum.getFirstA(),
                pair.getLastB().isAfter(sum.getLastB()) ? pair.getLastB() : sum.getLastB());
    }
}
