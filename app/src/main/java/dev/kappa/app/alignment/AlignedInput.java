package dev.kappa.app.alignment;

import dev.kappa.app.alignment.Alignment.Role;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.ParameterValues;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.eventtime.InputScan;
import dev.kappa.topologies.input.InputObserver;
import dev.kappa.topologies.serde.Serdes;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A topic as alignment sees it: an input, or the repartition topic that a table goes through because its key is not that of
 * its records.
 *
 * @param topic its topic
 * @param role what it is to the view
 * @param scan tells event times, and what the view needs; absent for a repartition topic, whose records carry their time
 * @param fedBy of a repartition topic, the input it is made of
 * @param isRekeyed whether it is an input whose records are sent to a repartition topic: those of a table count as read once
 *     they are committed there
 */
public record AlignedInput(
        String topic, Role role, Optional<InputScan> scan, Optional<String> fedBy, boolean isRekeyed) {

    /**
     * All that a version's inputs are to alignment.
     *
     * @param rekeyed names the repartition topic of an input that is rekeyed
     */
    public static Set<AlignedInput> of(
            ViewDefinition definition,
            ParameterValues parameters,
            Serdes serdes,
            InputObserver observer,
            UnaryOperator<String> rekeyed) {
        var aligned = new HashSet<AlignedInput>();
        for (Input<?> declared : definition.inputs()) {
            Input<?> input = parameters.input(declared);
            boolean isRekeyed = parameters.isRekeyed(input);
            Role role = role(input);
            var scan = new InputScan(input, serdes, observer);
            aligned.add(new AlignedInput(input.topic(), role, Optional.of(scan), Optional.empty(), isRekeyed));
            if (isRekeyed && role != Role.STREAM) {
                aligned.add(new AlignedInput(
                        rekeyed.apply(input.topic()), role, Optional.empty(), Optional.of(input.topic()), false));
            }
        }
        return aligned;
    }

    private static Role role(Input<?> input) {
        return switch (input.role()) {
            case STREAM -> Role.STREAM;
            case TABLE -> input.schema().eventTime().isPresent() ? Role.TABLE : Role.TIMELESS_TABLE;
        };
    }

    /** Whether it is a table, or a topic that a table goes through. */
    public boolean isTable() {
        return role != Role.STREAM;
    }

    /** Whether records count as read only once they are committed. */
    boolean isReadByCommit() {
        return !isTable() || isRekeyed;
    }

    /** The result of checking a record. */
    InputScan.Found look(ConsumerRecord<byte[], byte[]> record) {
        return scan.isPresent() ? scan.get().look(record) : InputScan.carried(record);
    }
}
