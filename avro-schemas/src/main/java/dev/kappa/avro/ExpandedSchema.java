package dev.kappa.avro;

import java.util.IdentityHashMap;
import org.apache.avro.Schema;

/**
 * The size of a schema in which each use of a named type counts anew, as it does for whatever walks through the values of a record.
 * Forty records of two fields that each are the next record have 2^40 values, even in a record of no bytes at all.
 */
final class ExpandedSchema {

    /** The most parts that a schema may have. Large schemas of practice have some thousands. */
    static final int MAX_PARTS = 100_000;

    /** So many bytes of a fixed count as a part: a reader allocates them before it looks for them. */
    private static final int FIXED_BYTES = 16;

    /** A record may have so many values without bytes, and {@link #FREE_PER_BYTE} more for each byte that it has at least. */
    private static final int FREE = 100;

    private static final int FREE_PER_BYTE = 10;

    /** More than any bound: sums stop here, so that they do not overflow. */
    private static final long MANY = 1L << 40;

    /**
     * What is known about a schema.
     *
     * @param parts of it
     * @param free the values without bytes that come with one of its values, at most; the items of its collections apart
     * @param bytes of one of its values, at least
     * @param isFrugal whether no record in it has many values for few bytes
     */
    private record Size(long parts, long free, long bytes, boolean isFrugal) {

        /** Of one value after another. */
        Size and(Size other) {
            return new Size(
                    Math.min(MANY, parts + other.parts),
                    Math.min(MANY, free + other.free),
                    Math.min(MANY, bytes + other.bytes),
                    isFrugal && other.isFrugal);
        }

        /** Of one value or another. */
        Size or(Size other) {
            return new Size(
                    Math.min(MANY, parts + other.parts),
                    Math.max(free, other.free),
                    Math.min(bytes, other.bytes),
                    isFrugal && other.isFrugal);
        }
    }

    private final IdentityHashMap<Schema, Size> known = new IdentityHashMap<>();

    private ExpandedSchema() {}

    /**
     * Whether a schema has at most {@value #MAX_PARTS} parts, and each record as many values without bytes as befits its bytes. A type inside
     * itself counts once: only its values decide how often it is there.
     */
    static boolean isBounded(Schema schema) {
        Size size = new ExpandedSchema().size(schema);
        return size.parts() <= MAX_PARTS && size.isFrugal();
    }

    private Size size(Schema schema) {
        return switch (schema.getType()) {
            case RECORD -> {
                Size before = known.get(schema);
                if (before != null) {
                    yield before;
                }
                known.put(schema, new Size(1, 1, 0, true));
                Size size = new Size(1, 1, 0, true);
                for (Schema.Field field : schema.getFields()) {
                    size = size.and(size(field.schema()));
                }
                if (size.free() > FREE + FREE_PER_BYTE * size.bytes()) {
                    size = new Size(size.parts(), size.free(), size.bytes(), false);
                }
                known.put(schema, size);
                yield size;
            }
            case UNION -> {
                Size branches = schema.getTypes().stream()
                        .map(this::size)
                        .reduce(Size::or)
                        .orElse(new Size(0, 0, 0, true));
                yield branches.and(new Size(1, 0, 1, true));
            }
            case ARRAY -> collection(schema.getElementType());
            case MAP -> collection(schema.getValueType());
            case NULL -> new Size(1, 1, 0, true);
            case FIXED -> {
                int bytes = schema.getFixedSize();
                yield new Size(1 + bytes / FIXED_BYTES, bytes == 0 ? 1 : 0, bytes, true);
            }
            case FLOAT -> new Size(1, 0, Float.BYTES, true);
            case DOUBLE -> new Size(1, 0, Double.BYTES, true);
            case BOOLEAN, INT, LONG, ENUM, STRING, BYTES -> new Size(1, 0, 1, true);
        };
    }

    /** Its end takes a byte; its items are bounded by their own bytes, or by Avro where they have none. */
    private Size collection(Schema item) {
        Size size = size(item);
        return new Size(1 + size.parts(), 0, 1, size.isFrugal());
    }
}
