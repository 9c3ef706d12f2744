package dev.kappa.reprocessing.replay;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/** From where a replay reads its streams. */
public sealed interface StartPosition {

    /** The position as the operator wrote it. */
    String text();

    /** From the oldest record there is. */
    record Earliest() implements StartPosition {
        @Override
        public String text() {
            return "earliest";
        }
    }

    /** So that results are complete from an instant on. */
    record At(String text, Instant instant) implements StartPosition {}

    /** From given offsets, by topic and partition; a partition that is left out is read from its oldest record. */
    record Offsets(String text, Map<String, Map<Integer, Long>> offsets) implements StartPosition {
        public Offsets {
            offsets = Map.copyOf(offsets);
        }
    }

    /**
     * Reads what an operator writes: {@code earliest}, an instant, a duration back from now, or a file that ends in
     * {@code .json} with offsets by topic and partition, such as {@code {"posts": {"0": 1200, "1": 1180}}}.
     *
     * @throws IllegalArgumentException saying what was expected
     */
    static StartPosition parse(String text, Instant now) {
        if (text.equals("earliest")) {
            return new Earliest();
        }
        if (text.endsWith(".json")) {
            try {
                return offsets(text, new ObjectMapper().readTree(Files.readString(Path.of(text))));
            } catch (JsonProcessingException e) {
                throw new IllegalArgumentException("The file " + text + " is no JSON: " + e.getOriginalMessage(), e);
            } catch (IOException e) {
                throw new IllegalArgumentException("The file " + text + " cannot be read: " + e, e);
            }
        }
        try {
            if (text.startsWith("P")) {
                Duration back = Duration.parse(text);
                if (back.isNegative()) {
                    throw new IllegalArgumentException(
                            "A replay cannot start in the future, " + text + " back from now");
                }
                return new At(text, now.minus(back));
            }
            Instant instant = Instant.parse(text);
            if (instant.isAfter(now)) {
                throw new IllegalArgumentException("A replay cannot start in the future, at " + instant);
            }
            return new At(text, instant);
        } catch (DateTimeException | ArithmeticException e) {
            throw new IllegalArgumentException(
                    "Expected earliest, an instant such as 2026-01-01T00:00:00Z, a duration back from now such as PT6H or"
                            + " P30D, or a file of offsets that ends in .json; got \"" + text + "\"",
                    e);
        }
    }

    /**
     * Offsets by topic and partition.
     *
     * @throws IllegalArgumentException saying what was expected
     */
    static StartPosition offsets(String text, JsonNode json) {
        var offsets = new TreeMap<String, Map<Integer, Long>>();
        String expected = "Offsets are given as {\"topic\": {\"partition\": offset, …}, …}; ";
        if (!json.isObject() || json.isEmpty()) {
            throw new IllegalArgumentException(expected + text + " is no such object");
        }
        json.properties().forEach(topic -> {
            var partitions = new TreeMap<Integer, Long>();
            if (!topic.getValue().isObject() || topic.getValue().isEmpty()) {
                throw new IllegalArgumentException(expected + topic.getKey() + " has " + topic.getValue());
            }
            topic.getValue().properties().forEach(partition -> {
                JsonNode offset = partition.getValue();
                if (!offset.isIntegralNumber() || offset.asLong() < 0) {
                    throw new IllegalArgumentException(
                            expected + topic.getKey() + ", partition " + partition.getKey() + ", has " + offset);
                }
                try {
                    partitions.put(Integer.valueOf(partition.getKey()), offset.asLong());
                } catch (NumberFormatException e) {
                    throw new IllegalArgumentException(
                            expected + topic.getKey() + " has a partition \"" + partition.getKey() + "\"", e);
                }
            });
            offsets.put(topic.getKey(), partitions);
        });
        return new Offsets(text, offsets);
    }
}
