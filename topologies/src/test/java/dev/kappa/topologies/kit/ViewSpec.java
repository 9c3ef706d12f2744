package dev.kappa.topologies.kit;

import dev.kappa.topologies.Input;
import dev.kappa.topologies.ViewDefinition;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;

/** What a view does, said in another way than by its topology. */
public interface ViewSpec {

    /** The view. */
    ViewDefinition definition();

    /** Parameters that make much happen in little time: short windows, a short grace. */
    Map<String, String> parameters();

    /** How long after an event it is sure to be late: about window and grace. */
    Duration open();

    /**
     * An event to be sent.
     *
     * @param input where to
     * @param key under which key
     * @param value what happened
     */
    record Sent(Input<?> input, String key, SpecificRecord value) {
        /** An event under the key that its schema names. */
        public static Sent of(Input<?> input, SpecificRecord value) {
            String key = input.schema()
                    .key()
                    .map(field -> String.valueOf(value.get(field.pos())))
                    .orElseThrow();
            return new Sent(input, key, value);
        }
    }

    /**
     * An event, the same for the same arguments.
     *
     * @param key a small number; equal numbers make events of the same key
     * @param dice any number, to choose the rest by
     * @param at when it happens
     */
    Sent event(int key, int dice, Instant at);

    /**
     * What the output topic has to amount to, by plain loops over all events and without any of the view's own code.
     *
     * @param history what was sent
     * @param parameters those the view runs with
     */
    Map<Object, Object> expected(History history, Map<String, String> parameters);

    /** Whether an event that comes twice may leave its result as it was, so that the output says the same twice. */
    default boolean repeatsItself() {
        return false;
    }
}
