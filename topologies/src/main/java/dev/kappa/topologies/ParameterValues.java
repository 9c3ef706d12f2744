package dev.kappa.topologies;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A value for every parameter of a view. Immutable. */
public final class ParameterValues {

    private final SequencedMap<Parameter<?>, Object> values;

    private ParameterValues(SequencedMap<Parameter<?>, Object> values) {
        this.values = Collections.unmodifiableSequencedMap(values);
    }

    /**
     * The given settings, and defaults for the rest.
     *
     * @param definition whose parameters
     * @param settings text by parameter name
     * @throws IllegalArgumentException for a name the view does not have and for a value that is not allowed
     */
    public static ParameterValues of(ViewDefinition definition, Map<String, String> settings) {
        var known = definition.parameters().stream().map(Parameter::name).collect(Collectors.toSet());
        for (String name : settings.keySet()) {
            if (!known.contains(name)) {
                throw new IllegalArgumentException("View " + definition.name() + " has no parameter " + name
                        + "; it has "
                        + definition.parameters().stream().map(Parameter::name).toList());
            }
        }
        var values = new LinkedHashMap<Parameter<?>, Object>();
        for (Parameter<?> parameter : definition.parameters()) {
            try {
                values.put(parameter, valueOf(parameter, settings.get(parameter.name())));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("View " + definition.name() + ": " + e.getMessage(), e);
            }
        }
        return new ParameterValues(values);
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

    /** The values as text, by name, in the order the view declares them. */
    public SequencedMap<String, String> asText() {
        var text = new LinkedHashMap<String, String>();
        values.keySet().forEach(parameter -> text.put(parameter.name(), format(parameter)));
        return text;
    }

    private <T> String format(Parameter<T> parameter) {
        return parameter.formatter().apply(get(parameter));
    }
}
