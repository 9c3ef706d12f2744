package dev.kappa.avro;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.avro.Schema;

/**
 * Finds fields of a record in its encoded bytes, without making objects of any. It goes through the whole record, so what it
 * accepts Avro can decode. It leaves alone records whose collections have items without bytes.
 *
 * <p>Of one writer's schema. Thread-safe.
 *
 * @see <a href="https://avro.apache.org/docs/1.12.0/specification/#binary-encoding">Avro's binary encoding</a>
 */
public final class FieldLocator {

    private static final int BROKEN = -1;
    private static final int MAX_VARINT_BYTES = 10;
    private static final int LOW_BITS = 0x7f;

    /** Where a value ends that begins at a position; {@link #BROKEN} when the bytes do not hold one. */
    @FunctionalInterface
    private interface Skipper {
        int end(byte[] data, int position);
    }

    private final Skipper[] fields;
    private final int[] slots;
    private final int wanted;

    private FieldLocator(Skipper[] fields, int[] slots, int wanted) {
        this.fields = fields;
        this.slots = slots;
        this.wanted = wanted;
    }

    /**
     * A locator of top-level fields.
     *
     * @param writer schema of the encoded records
     * @param names the fields to find
     * @return empty when the schema has not all of them, or contains itself
     */
    public static Optional<FieldLocator> of(Schema writer, List<String> names) {
        if (writer.getType() != Schema.Type.RECORD
                || names.stream().anyMatch(name -> writer.getField(name) == null)
                || containsItself(writer, new HashSet<>())) {
            return Optional.empty();
        }
        List<Schema.Field> all = writer.getFields();
        var fields = new Skipper[all.size()];
        var slots = new int[all.size()];
        for (int field = 0; field < fields.length; field++) {
            fields[field] = skipper(all.get(field).schema());
            slots[field] = names.indexOf(all.get(field).name());
        }
        return Optional.of(new FieldLocator(fields, slots, names.size()));
    }

    private static boolean containsItself(Schema schema, Set<String> around) {
        return switch (schema.getType()) {
            case RECORD -> {
                if (!around.add(schema.getFullName())) {
                    yield true;
                }
                boolean found = schema.getFields().stream().anyMatch(field -> containsItself(field.schema(), around));
                around.remove(schema.getFullName());
                yield found;
            }
            case UNION -> schema.getTypes().stream().anyMatch(branch -> containsItself(branch, around));
            case ARRAY -> containsItself(schema.getElementType(), around);
            case MAP -> containsItself(schema.getValueType(), around);
            default -> false;
        };
    }

    /**
     * Finds the fields of one record.
     *
     * @param data the encoded record
     * @param position where it begins
     * @param found receives where each field begins, in the order of their names
     * @return whether the bytes from the position on are such a record and nothing else
     */
    public boolean locate(byte[] data, int position, int[] found) {
        if (found.length < wanted) {
            throw new IllegalArgumentException("There are " + wanted + " fields to find");
        }
        int at = position;
        for (int field = 0; field < fields.length; field++) {
            if (slots[field] >= 0) {
                found[slots[field]] = at;
            }
            at = fields[field].end(data, at);
            if (at < 0) {
                return false;
            }
        }
        return at == data.length;
    }

    /** The int or long that begins at a position which has been located. */
    public static long number(byte[] data, int position) {
        long raw = 0;
        int shift = 0;
        int at = position;
        byte next;
        do {
            next = data[at++];
            raw |= (long) (next & LOW_BITS) << shift;
            shift += 7;
        } while (next < 0);
        return (raw >>> 1) ^ -(raw & 1);
    }

    /** Whether the text or the bytes that begin at a position which has been located are the given ones. */
    public static boolean isText(byte[] data, int position, byte[] text) {
        if (number(data, position) != text.length) {
            return false;
        }
        int begin = varintEnd(data, position);
        for (int i = 0; i < text.length; i++) {
            if (data[begin + i] != text[i]) {
                return false;
            }
        }
        return true;
    }

    private static int varintEnd(byte[] data, int position) {
        int limit = Math.min(data.length, position + MAX_VARINT_BYTES);
        for (int at = position; at < limit; at++) {
            if (data[at] >= 0) {
                return at + 1;
            }
        }
        return BROKEN;
    }

    private static int sized(byte[] data, int position) {
        int begin = varintEnd(data, position);
        if (begin < 0) {
            return BROKEN;
        }
        long length = number(data, position);
        return length < 0 || length > data.length - begin ? BROKEN : begin + (int) length;
    }

    private static Skipper skipper(Schema schema) {
        return switch (schema.getType()) {
            case NULL -> (_, position) -> position;
            case BOOLEAN -> fixed(1);
            case FLOAT -> fixed(Float.BYTES);
            case DOUBLE -> fixed(Double.BYTES);
            case FIXED -> fixed(schema.getFixedSize());
            case INT, LONG -> FieldLocator::varintEnd;
            case ENUM -> oneOf(Collections.nCopies(schema.getEnumSymbols().size(), (_, position) -> position));
            case STRING, BYTES -> FieldLocator::sized;
            case UNION ->
                oneOf(schema.getTypes().stream().map(FieldLocator::skipper).toList());
            case RECORD -> {
                var fields = new ArrayList<Skipper>();
                schema.getFields().forEach(field -> fields.add(skipper(field.schema())));
                yield (data, position) -> {
                    int at = position;
                    for (int field = 0; field < fields.size() && at >= 0; field++) {
                        at = fields.get(field).end(data, at);
                    }
                    return at;
                };
            }
            case ARRAY -> blocks(skipper(schema.getElementType()));
            case MAP -> {
                Skipper value = skipper(schema.getValueType());
                yield blocks((data, position) -> {
                    int at = sized(data, position);
                    return at < 0 ? BROKEN : value.end(data, at);
                });
            }
        };
    }

    private static Skipper fixed(int bytes) {
        return (data, position) -> position + bytes <= data.length ? position + bytes : BROKEN;
    }

    private static Skipper oneOf(List<Skipper> branches) {
        return (data, position) -> {
            int begin = varintEnd(data, position);
            if (begin < 0) {
                return BROKEN;
            }
            long branch = number(data, position);
            return branch < 0 || branch >= branches.size()
                    ? BROKEN
                    : branches.get((int) branch).end(data, begin);
        };
    }

    /** Items come in blocks: a count, negative when the block's size in bytes follows; a count of zero ends them. */
    private static Skipper blocks(Skipper item) {
        return (data, position) -> {
            int at = position;
            while (true) {
                int begin = varintEnd(data, at);
                if (begin < 0) {
                    return BROKEN;
                }
                long count = number(data, at);
                at = begin;
                if (count == 0) {
                    return at;
                }
                if (count < 0) {
                    at = varintEnd(data, at);
                    count = -count;
                }
                if (count < 0) {
                    return BROKEN;
                }
                for (long i = 0; i < count && at >= 0; i++) {
                    int end = item.end(data, at);
                    if (end == at) {
                        // A few bytes can claim any number of items without bytes. Avro, which bounds them, has to read
                        // the record.
                        return BROKEN;
                    }
                    at = end;
                }
                if (at < 0) {
                    return BROKEN;
                }
            }
        };
    }
}
