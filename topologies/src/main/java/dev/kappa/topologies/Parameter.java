package dev.kappa.topologies;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A typed setting of a view, fixed for the life of a version.
 *
 * @param name lower case letters, digits and hyphens
 * @param description what it changes, in one sentence
 * @param type what values look like, for messages
 * @param defaultValue value of a version for which nothing else was said
 * @param limit the values allowed
 * @param limitDescription the limit in words, completing "must be …"
 * @param parser reads the value from text; throws {@link IllegalArgumentException} when it is no such value
 * @param formatter writes the value as text that the parser reads back
 * @param <T> the value's Java type
 */
public record Parameter<T>(
        String name,
        String description,
        String type,
        T defaultValue,
        Predicate<T> limit,
        String limitDescription,
        Function<String, T> parser,
        Function<T, String> formatter) {

    public Parameter {
        Views.requireName("parameter", name);
        if (!limit.test(defaultValue)) {
            throw new IllegalArgumentException("The default of parameter " + name + ", " + formatter.apply(defaultValue)
                    + ", must be " + limitDescription);
        }
    }

    /** A duration in ISO-8601 form, such as {@code PT1H} or {@code P30D}. */
    public static Parameter<Duration> duration(
            String name, Duration defaultValue, Duration atLeast, String description) {
        return new Parameter<>(
                name,
                description,
                "duration such as PT10M or P30D",
                defaultValue,
                value -> value.compareTo(atLeast) >= 0 && value.compareTo(LONGEST) <= 0,
                "between " + formatDuration(atLeast) + " and " + formatDuration(LONGEST),
                Parameter::parseDuration,
                Parameter::formatDuration);
    }

    /** How long after the end of a window late events still count. */
    public static Parameter<Duration> grace(Duration defaultValue) {
        return duration("grace", defaultValue, Duration.ZERO, "How long after a window's end late events still count");
    }

    /** How long windows can be queried: a century, so that nothing is deleted unless it is set. */
    public static Parameter<Duration> retention() {
        return duration(
                "retention",
                Duration.ofDays(36_500),
                Duration.ofMinutes(1),
                "How long windows can be queried, counted back from the newest event; they stay for twice window and grace in any case");
    }

    /** A decimal number within bounds, both inclusive. */
    public static Parameter<Double> number(
            String name, double defaultValue, double atLeast, double atMost, String description) {
        return new Parameter<>(
                name,
                description,
                "number",
                defaultValue,
                value -> value >= atLeast && value <= atMost,
                "between " + atLeast + " and " + atMost,
                Double::valueOf,
                String::valueOf);
    }

    /** One of some values of an enumeration, in lower case with hyphens. */
    static <E extends Enum<E>> Parameter<E> choice(String name, E defaultValue, List<E> choices, String description) {
        String names = choices.stream().map(Parameter::choice).collect(Collectors.joining(", "));
        return new Parameter<>(
                name,
                description,
                "choice of " + names,
                defaultValue,
                choices::contains,
                "one of " + names,
                text -> Enum.valueOf(
                        defaultValue.getDeclaringClass(),
                        text.toUpperCase(Locale.ROOT).replace('-', '_')),
                Parameter::choice);
    }

    private static String choice(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * Reads and checks a value.
     *
     * @throws InvalidParameterException saying which parameter, what was given and what is allowed
     */
    public T parse(String text) {
        T value;
        try {
            value = parser.apply(text.strip());
        } catch (IllegalArgumentException e) {
            throw new InvalidParameterException("Parameter " + name + " is a " + type + "; got \"" + text + "\"", e);
        }
        if (!limit.test(value)) {
            throw new InvalidParameterException(
                    "Parameter " + name + " must be " + limitDescription + "; got \"" + text + "\"");
        }
        return value;
    }

    /** Far beyond any history, and far from overflow when Kafka Streams adds several. */
    private static final Duration LONGEST = Duration.ofDays(365_000);

    /** Whole days as days: Java would write a year as PT8760H. */
    private static String formatDuration(Duration duration) {
        boolean wholeDays = duration.isPositive() && duration.equals(Duration.ofDays(duration.toDays()));
        return wholeDays ? "P" + duration.toDays() + "D" : duration.toString();
    }

    private static Duration parseDuration(String text) {
        try {
            Duration duration = Duration.parse(text);
            if (duration.toNanosPart() % 1_000_000 != 0) {
                throw new IllegalArgumentException("Finer than a millisecond: " + text);
            }
            return duration;
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
