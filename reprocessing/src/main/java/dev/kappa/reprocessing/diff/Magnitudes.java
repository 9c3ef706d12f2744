package dev.kappa.reprocessing.diff;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.LongStream;

/** Histograms of the relative changes of numbers, (new - old) / |old|, by field. Not thread-safe. */
final class Magnitudes {

    /** Bounds of the classes; the first and the last class have none on their outer sides. */
    static final List<Double> BOUNDS = List.of(-1.0, -0.5, -0.1, -0.01, 0.0, 0.01, 0.1, 0.5, 1.0);

    private final SortedMap<String, long[]> counts = new TreeMap<>();

    /** Counts the change of a field; nothing if one of the values is not a number. */
    void add(String field, JsonNode before, JsonNode after) {
        try {
            var old = new BigDecimal(before.asText());
            var now = new BigDecimal(after.asText());
            double change = now.subtract(old).doubleValue() / Math.abs(old.doubleValue());
            if (!Double.isNaN(change)) {
                counts.computeIfAbsent(field, _ -> new long[BOUNDS.size() + 1])[place(change)]++;
            }
        } catch (NumberFormatException notNumbers) {
            // Text and records have no magnitude.
        }
    }

    /** The class of a change: a change at a bound is in the class nearer to zero. */
    private static int place(double change) {
        int at = Collections.binarySearch(BOUNDS, change);
        if (at >= 0) {
            return change < 0 ? at + 1 : at;
        }
        return -at - 1;
    }

    /** The number of keys in each class, by field; of fields that have a number that changed. */
    SortedMap<String, List<Long>> counts() {
        var copies = new TreeMap<String, List<Long>>();
        counts.forEach((field, some) -> copies.put(
                field, LongStream.of(Arrays.copyOf(some, some.length)).boxed().toList()));
        return copies;
    }
}
