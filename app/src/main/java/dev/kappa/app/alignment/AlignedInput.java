package dev.kappa.app.alignment;

import dev.kappa.app.alignment.Alignment.Role;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.InputObserver;
import dev.kappa.topologies.InputScan;
import dev.kappa.topologies.Serdes;

/**
 * An input as alignment sees it.
 *
 * @param topic its topic
 * @param role what it is to the view
 * @param scan tells event times, and what the view needs
 */
public record AlignedInput(String topic, Role role, InputScan scan) {

    /** Of a view's input. */
    public static AlignedInput of(Input<?> input, Serdes serdes, InputObserver observer) {
        Role role = switch (input.role()) {
            case STREAM -> Role.STREAM;
            case TABLE -> input.schema().eventTime().isPresent() ? Role.TABLE : Role.TIMELESS_TABLE;
        };
        return new AlignedInput(input.topic(), role, new InputScan(input, serdes, observer));
    }
}
