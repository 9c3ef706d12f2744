package dev.kappa.app.config;

import dev.kappa.reprocessing.cluster.ByteSize;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One setting under {@code kappa.}.
 *
 * @param key without {@code kappa.}
 * @param defaultText its value when it is not set, as text
 * @param shownDefault the default as the documentation shows it
 * @param expected which values are accepted, as in "must be …"
 * @param parser reads a value; throws {@link IllegalArgumentException} for one that is not accepted
 * @param meaning for the documentation, in Markdown
 */
record Setting<T>(
        String key,
        String defaultText,
        String shownDefault,
        String expected,
        Function<String, T> parser,
        String meaning) {

    private static final Pattern ANYTHING = Pattern.compile(".*");
    private static final Duration LONGEST = Duration.ofDays(36_500);

    static Setting<String> text(String key, String defaultText, String shownDefault, String meaning) {
        return new Setting<>(key, defaultText, shownDefault, "text", text -> text, meaning);
    }

    /** Text of a form; empty text is accepted where it is the default. */
    static Setting<String> matching(
            String key, String defaultText, String shownDefault, String expected, Pattern form, String meaning) {
        return new Setting<>(
                key,
                defaultText,
                shownDefault,
                expected,
                text -> {
                    require(form.matcher(text).matches() || text.equals(defaultText));
                    return text;
                },
                meaning);
    }

    static Setting<Integer> number(String key, int defaultValue, int atLeast, int atMost, String meaning) {
        return new Setting<>(
                key,
                String.valueOf(defaultValue),
                String.valueOf(defaultValue),
                "a whole number between " + atLeast + " and " + atMost,
                text -> {
                    int number = Integer.parseInt(text);
                    require(number >= atLeast && number <= atMost);
                    return number;
                },
                meaning);
    }

    static Setting<Boolean> flag(String key, boolean defaultValue, String meaning) {
        return new Setting<>(
                key,
                String.valueOf(defaultValue),
                String.valueOf(defaultValue),
                "true or false",
                text -> switch (text) {
                    case "true" -> true;
                    case "false" -> false;
                    default -> throw new IllegalArgumentException();
                },
                meaning);
    }

    static Setting<Duration> duration(String key, String defaultText, String meaning) {
        return new Setting<>(
                key,
                defaultText,
                defaultText,
                "a duration such as PT10M, of 100 years at most",
                Setting::duration,
                meaning);
    }

    /** A duration that is derived from other things unless it is set. */
    static Setting<Optional<Duration>> optionalDuration(String key, String shownDefault, String meaning) {
        return new Setting<>(
                key,
                "",
                shownDefault,
                "a duration such as PT10M, of 100 years at most",
                text -> text.isEmpty() ? Optional.empty() : Optional.of(duration(text)),
                meaning);
    }

    private static Duration duration(String text) {
        try {
            Duration duration = Duration.parse(text);
            require(!duration.isNegative() && duration.compareTo(LONGEST) <= 0);
            return duration;
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(e);
        }
    }

    static Setting<Long> bytes(
            String key, String defaultText, long atLeast, long atMost, String expected, String meaning) {
        return new Setting<>(
                key,
                defaultText,
                defaultText,
                expected,
                text -> {
                    long bytes = ByteSize.parse(text);
                    require(bytes >= atLeast && bytes <= atMost);
                    return bytes;
                },
                meaning);
    }

    static Setting<Optional<Path>> file(String key, String shownDefault, String meaning) {
        return new Setting<>(
                key,
                "",
                shownDefault,
                "a file",
                text -> text.isEmpty() ? Optional.empty() : Optional.of(Path.of(text)),
                meaning);
    }

    /** Names, separated by commas. */
    static Setting<Set<String>> names(String key, String shownDefault, String meaning) {
        return names(key, shownDefault, ANYTHING, "names, separated by commas", meaning);
    }

    /** Names of a form, separated by commas. */
    static Setting<Set<String>> names(String key, String shownDefault, Pattern form, String expected, String meaning) {
        return new Setting<>(
                key,
                "",
                shownDefault,
                expected,
                text -> Arrays.stream(text.split(","))
                        .map(String::strip)
                        .filter(name -> !name.isEmpty())
                        .peek(name -> require(form.matcher(name).matches()))
                        .collect(Collectors.toSet()),
                meaning);
    }

    /** One of some words; an absent one, where the default is empty text. */
    static <T> Setting<T> choice(
            String key, String defaultText, String expected, Map<String, T> choices, String meaning) {
        return new Setting<>(
                key,
                defaultText,
                defaultText,
                expected,
                text -> {
                    T choice = choices.get(text);
                    if (choice == null) {
                        throw new IllegalArgumentException();
                    }
                    return choice;
                },
                meaning);
    }

    private static void require(boolean isAccepted) {
        if (!isAccepted) {
            throw new IllegalArgumentException();
        }
    }

    /** The environment variable that stands for the setting. */
    String variable() {
        return variable(key);
    }

    static String variable(String key) {
        return "KAPPA_" + key.toUpperCase(Locale.ROOT).replace('-', '_').replace('.', '_');
    }

    /**
     * The value that is set, or the default.
     *
     * @param settings text by key
     * @throws ConfigurationException when the value is not accepted
     */
    T of(Map<String, String> settings) {
        String text = settings.getOrDefault(key, defaultText);
        try {
            return parser.apply(text.strip());
        } catch (IllegalArgumentException e) {
            throw wrong(settings, expected);
        }
    }

    /** The error for a value that is not accepted together with others. */
    ConfigurationException wrong(Map<String, String> settings, String wanted) {
        return new ConfigurationException("Setting kappa." + key + " must be " + wanted + "; got \""
                + settings.getOrDefault(key, defaultText) + "\"");
    }

    /**
     * The text that is set.
     *
     * @throws ConfigurationException when there is none
     */
    String required(Map<String, String> settings, String neededBy) {
        String text = settings.getOrDefault(key, defaultText).strip();
        if (text.isEmpty()) {
            throw new ConfigurationException("Missing setting kappa." + key + ": " + neededBy);
        }
        return text;
    }
}
