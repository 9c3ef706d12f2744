package dev.kappa.app.alignment;

import dev.kappa.app.alignment.Alignment.Role;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.InputObserver;
import dev.kappa.topologies.InputTime;
import dev.kappa.topologies.Serdes;

/**
 * An input as alignment sees it.
 *
 * @param topic its topic
 * @param role what it is to the view
 * @param time tells event times
 */
public record AlignedInput(String topic, Role role, InputTime time) {

    /** Of a view's input. */
    public static AlignedInput of(Input<?> input, Serdes serdes, InputObserver observer) {
        Role role = switch (input.role()) {
            case STREAM -> Role.STREAM;
            case TABLE -> input.schema().eventTime().isPresent() ? Role.TABLE : Role.TIMELESS_TABLE;
        };
        return new AlignedInput(input.topic(), role, new InputTime(input, serdes, observer));
    }
}
