package dev.kappa.app.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micronaut.http.HttpRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;

/**
 * The parameters of a request, from its query or, where it has one, its JSON body: each parameter known, given once,
 * and of the right form.
 */
final class QueryParameters {

    static final int MAX_LIMIT = 1000;

    private static final Duration LONGEST = Duration.ofDays(36_525);
    private static final Pattern MILLISECONDS = Pattern.compile("\\d{1,15}");
    private static final Pattern POSITION = Pattern.compile("([^:]+):(\\d{1,6}):(\\d{1,18})");
    private static final Pattern COMMA = Pattern.compile(",");

    /** Names of before the first release. */
    private static final Map<String, String> RENAMED =
            Map.of("max-staleness", "maxStaleness", "min-position", "minPosition", "max-wait", "maxWait", "n", "limit");

    private final Map<String, String> values;

    private QueryParameters(Map<String, String> values) {
        this.values = Map.copyOf(values);
    }

    /**
     * The parameters of a request.
     *
     * @param known those that the request may have
     * @throws ProblemException for any other, and for one that is given twice
     */
    static QueryParameters of(HttpRequest<?> request, List<HttpParameter> known) {
        SortedSet<String> allowed = names(known);
        var values = new HashMap<String, String>();
        for (String name : request.getParameters().names()) {
            requireKnown(name, allowed);
            List<String> given = request.getParameters().getAll(name);
            if (given.size() > 1) {
                throw ProblemException.badParameter(name, "given " + given.size() + " times");
            }
            values.put(name, given.getFirst());
        }
        return new QueryParameters(values);
    }

    /** The parameters of a request that may have none. */
    static QueryParameters none(HttpRequest<?> request) {
        return of(request, List.of());
    }

    /**
     * The parameters in the JSON object of a request's body.
     *
     * @param known those that the body may have
     * @throws ProblemException for any other, and for a value that is no text, number or boolean
     */
    static QueryParameters of(ObjectNode body, List<HttpParameter> known) {
        SortedSet<String> allowed = names(known);
        var values = new HashMap<String, String>();
        body.properties().forEach(property -> {
            requireKnown(property.getKey(), allowed);
            if (!property.getValue().isValueNode() || property.getValue().isNull()) {
                throw ProblemException.badParameter(property.getKey(), "expected text, a number or a boolean");
            }
            values.put(property.getKey(), property.getValue().asText());
        });
        return new QueryParameters(values);
    }

    private static SortedSet<String> names(List<HttpParameter> parameters) {
        return parameters.stream().map(HttpParameter::name).collect(Collectors.toCollection(TreeSet::new));
    }

    private static void requireKnown(String name, SortedSet<String> allowed) {
        if (!allowed.contains(name)) {
            String now = RENAMED.get(name);
            throw ProblemException.badParameter(
                    name,
                    now != null && allowed.contains(now)
                            ? "renamed; use " + now
                            : "unknown here; known are " + allowed);
        }
    }

    Optional<String> text(HttpParameter parameter) {
        return Optional.ofNullable(values.get(parameter.name()));
    }

    Optional<Instant> instant(HttpParameter parameter) {
        return text(parameter).map(value -> {
            try {
                return Instant.ofEpochMilli(Instant.parse(value).toEpochMilli());
            } catch (DateTimeParseException | ArithmeticException e) {
                throw ProblemException.badParameter(
                        parameter.name(), "expected an instant such as 2026-01-01T00:00:00Z; got \"" + value + "\"");
            }
        });
    }

    /** A whole number within its bounds, or the default. */
    int number(HttpParameter parameter) {
        HttpParameter.Bounds bounds = parameter.bounds();
        return text(parameter)
                .map(value -> {
                    try {
                        int number = Integer.parseInt(value);
                        if (number >= bounds.atLeast() && number <= bounds.atMost()) {
                            return number;
                        }
                    } catch (NumberFormatException notANumber) {
                        // Falls through to the same message.
                    }
                    throw ProblemException.badParameter(
                            parameter.name(),
                            "expected a whole number between " + bounds.atLeast() + " and " + bounds.atMost()
                                    + "; got \"" + value + "\"");
                })
                .orElse(bounds.defaultValue());
    }

    /** A length of time: ISO-8601, or a number of milliseconds. */
    Optional<Duration> duration(HttpParameter parameter) {
        return text(parameter).map(value -> {
            try {
                Duration duration = MILLISECONDS.matcher(value).matches()
                        ? Duration.ofMillis(Long.parseLong(value))
                        : Duration.parse(value);
                if (!duration.isNegative() && duration.compareTo(LONGEST) <= 0) {
                    return duration;
                }
            } catch (DateTimeParseException | ArithmeticException e) {
                // Falls through to the same message.
            }
            throw ProblemException.badParameter(
                    parameter.name(),
                    "expected a length of time such as PT5S or 5000 (milliseconds), of a hundred years at most; got \""
                            + value + "\"");
        });
    }

    boolean flag(HttpParameter parameter) {
        return text(parameter)
                .map(value -> {
                    if (value.equals("true") || value.equals("false")) {
                        return value.equals("true");
                    }
                    throw ProblemException.badParameter(
                            parameter.name(), "expected true or false; got \"" + value + "\"");
                })
                .orElse(false);
    }

    /** Offsets of records, as {@code TOPIC:PARTITION:OFFSET}, separated by commas. */
    Map<TopicPartition, Long> positions(HttpParameter parameter) {
        var positions = new HashMap<TopicPartition, Long>();
        text(parameter).stream().flatMap(COMMA::splitAsStream).forEach(position -> {
            Matcher matcher = POSITION.matcher(position);
            if (!matcher.matches()) {
                throw ProblemException.badParameter(
                        parameter.name(),
                        "expected offsets of records as TOPIC:PARTITION:OFFSET,…; got \"" + position + "\"");
            }
            positions.merge(
                    new TopicPartition(matcher.group(1), Integer.parseInt(matcher.group(2))),
                    Long.valueOf(matcher.group(3)),
                    Math::max);
        });
        return positions;
    }
}
