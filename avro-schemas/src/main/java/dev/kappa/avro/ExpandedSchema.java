package dev.kappa.avro;

import java.util.IdentityHashMap;
import java.util.List;
import org.apache.avro.Schema;

/**
 * The size of a schema in which each use of a named type counts anew, as it does for whatever walks through the values of a record.
 * Forty records of two fields that each are the next record have 2^40 values, even in a record of no bytes at all.
 */
final class ExpandedSchema {

    /** The most parts that a schema may have. Large schemas of practice have some thousands. */
    static final int MAX_PARTS = 100_000;

    private final IdentityHashMap<Schema, Long> known = new IdentityHashMap<>();

    private ExpandedSchema() {}

    /** Whether a schema has at most {@value #MAX_PARTS} parts. A type inside itself counts once: only its values decide how often it is there. */
    static boolean isBounded(Schema schema) {
        return new ExpandedSchema().parts(schema) <= MAX_PARTS;
    }

    private long parts(Schema schema) {
        return switch (schema.getType()) {
            case RECORD -> {
                Long before = known.get(schema);
                if (before != null) {
                    yield before;
                }
                known.put(schema, 1L);
                long parts = sum(
                        schema.getFields().stream().map(Schema.Field::schema).toList());
                known.put(schema, parts);
                yield parts;
            }
            case UNION -> sum(schema.getTypes());
            case ARRAY -> sum(List.of(schema.getElementType()));
            case MAP -> sum(List.of(schema.getValueType()));
            default -> 1;
        };
    }

    private long sum(List<Schema> schemas) {
        long sum = 1;
        for (Schema schema : schemas) {
            // A bound on the sum is enough, and keeps it from overflowing.
            sum = Math.min(MAX_PARTS + 1L, sum + parts(schema));
        }
        return sum;
    }
}
