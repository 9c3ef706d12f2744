package dev.kappa.topologies;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/** A value for every parameter of a view. Immutable. */
public final class ParameterValues {

    private final SequencedMap<Parameter<?>, Object> values;
    private final Map<String, Input<?>> inputs;
    private final SequencedMap<String, String> ofInputs;

    private ParameterValues(
            SequencedMap<Parameter<?>, Object> values,
            Map<String, Input<?>> inputs,
            SequencedMap<String, String> ofInputs) {
        this.values = Collections.unmodifiableSequencedMap(values);
        this.inputs = Map.copyOf(inputs);
        this.ofInputs = Collections.unmodifiableSequencedMap(ofInputs);
    }

    /** The parameters of a version of a view: the definition's own, then those of its inputs. */
    public static List<Parameter<?>> known(ViewDefinition definition) {
        var known = new ArrayList<Parameter<?>>(definition.parameters());
        definition.inputs().forEach(input -> known.addAll(input.settings().parameters(input.topic())));
        return known;
    }

    /**
     * The given settings, and defaults for the rest.
     *
     * @param definition whose parameters
     * @param settings text by parameter name
     * @throws InvalidParameterException for a name the view does not have and for a value that is not allowed
     */
    public static ParameterValues of(ViewDefinition definition, Map<String, String> settings) {
        List<Parameter<?>> all = known(definition);
        for (String name : settings.keySet()) {
            if (all.stream().noneMatch(parameter -> parameter.name().equals(name))) {
                throw new InvalidParameterException("View " + definition.name() + " has no parameter " + name
                        + "; it has " + all.stream().map(Parameter::name).toList());
            }
        }
        try {
            var values = new LinkedHashMap<Parameter<?>, Object>();
            for (Parameter<?> parameter : definition.parameters()) {
                values.put(parameter, valueOf(parameter, settings.get(parameter.name())));
            }
            var inputs = new LinkedHashMap<String, Input<?>>();
            var ofInputs = new LinkedHashMap<String, String>();
            for (Input<?> input : definition.inputs()) {
                var chosen = new ArrayList<Object>();
                for (Parameter<?> parameter : input.settings().parameters(input.topic())) {
                    Object value = valueOf(parameter, settings.get(parameter.name()));
                    chosen.add(value);
                    if (!value.equals(parameter.defaultValue())) {
                        ofInputs.put(parameter.name(), format(parameter, value));
                    }
                }
                inputs.put(
                        input.topic(),
                        input.withSettings(new InputSettings(
                                (InputSettings.Keying) chosen.get(0),
                                (Duration) chosen.get(1),
                                (InputSettings.OtherTypes) chosen.get(2))));
            }
            return new ParameterValues(values, inputs, ofInputs);
        } catch (IllegalArgumentException e) {
            throw new InvalidParameterException("View " + definition.name() + ": " + e.getMessage(), e);
        }
    }

    private static Object valueOf(Parameter<?> parameter, @Nullable String text) {
        return Objects.requireNonNull(text == null ? parameter.defaultValue() : parameter.parse(text));
    }

    /**
     * The value of a parameter.
     *
     * @throws IllegalArgumentException when it is not one of the view's
     */
    @SuppressWarnings("unchecked") // The constructor's callers put only values of the parameter's type.
    public <T> T get(Parameter<T> parameter) {
        Object value = values.get(parameter);
        if (value == null) {
            throw new IllegalArgumentException("Not a parameter of this view: " + parameter.name());
        }
        return (T) value;
    }

    /**
     * An input as this version reads it.
     *
     * @throws IllegalArgumentException when the view does not have it
     */
    @SuppressWarnings("unchecked") // The input of the same topic, with other settings.
    public <V extends SpecificRecord> Input<V> input(Input<V> declared) {
        Input<?> found = inputs.get(declared.topic());
        if (found == null) {
            throw new IllegalArgumentException("Not an input of this view: " + declared.topic());
        }
        return (Input<V>) found;
    }

    /**
     * Whether an input goes through a repartition topic before anything depends on its key: it is keyed by its field, or an
     * input is that it is joined with.
     */
    public boolean isRekeyed(Input<?> input) {
        return inputs.values().stream()
                .filter(other -> other.settings().keying() == InputSettings.Keying.FIELD)
                .anyMatch(other -> other.topic().equals(input.topic())
                        || other.joinedWith().equals(Optional.of(input.topic()))
                        || input.joinedWith().equals(Optional.of(other.topic())));
    }

    /**
     * The values as text, by name, in the order the view declares them; of the parameters of inputs, those that differ from
     * what the definition declares.
     */
    public SequencedMap<String, String> asText() {
        var text = new LinkedHashMap<String, String>();
        values.forEach((parameter, value) -> text.put(parameter.name(), format(parameter, value)));
        text.putAll(ofInputs);
        return text;
    }

    @SuppressWarnings("unchecked") // The constructor's callers put only values of the parameter's type.
    private static <T> String format(Parameter<T> parameter, Object value) {
        return parameter.formatter().apply((T) value);
    }
}
