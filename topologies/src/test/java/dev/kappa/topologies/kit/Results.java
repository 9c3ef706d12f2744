package dev.kappa.topologies.kit;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.avro.generic.IndexedRecord;
import org.jspecify.annotations.Nullable;

/** Compares results. */
public final class Results {

    /** Sums of doubles depend on the order they are added in, in their last digits. */
    private static final double TOLERANCE = 1e-9;

    private Results() {}

    /** The keys whose results differ, each with both; none when all are equal. */
    public static List<String> differences(Map<Object, Object> expected, Map<Object, Object> actual) {
        var keys = new HashSet<>(expected.keySet());
        keys.addAll(actual.keySet());
        var differences = new ArrayList<String>();
        for (Object key : keys) {
            if (!areEqual(expected.get(key), actual.get(key))) {
                differences.add(key + ": expected " + expected.get(key) + ", got " + actual.get(key));
            }
        }
        differences.sort(null);
        return differences;
    }

    private static boolean areEqual(@Nullable Object expected, @Nullable Object actual) {
        return switch (expected) {
            case IndexedRecord a
            when actual instanceof IndexedRecord b && a.getSchema().equals(b.getSchema()) ->
                a.getSchema().getFields().stream().allMatch(field -> areEqual(a.get(field.pos()), b.get(field.pos())));
            case Double a
            when actual instanceof Double b ->
                a.equals(b) || Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.max(Math.abs(a), Math.abs(b)));
            case null, default -> Objects.equals(expected, actual);
        };
    }
}
