package dev.kappa.avro.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.avro.AvroData;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.temporal.Temporal;
import java.util.Collection;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.Conversion;
import org.apache.avro.Conversions;
import org.apache.avro.LogicalType;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.specific.SpecificData;
import org.jspecify.annotations.Nullable;

/**
 * Turns Avro values into JSON: records and maps become objects, unions their value, times ISO-8601 text in UTC, decimals
 * plain decimal text, other bytes Base64. Takes specific and generic records, with logical types converted or raw.
 */
public final class AvroJson {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private AvroJson() {}

    /**
     * The JSON of a value.
     *
     * @throws IllegalArgumentException when the value does not fit the schema
     */
    public static JsonNode toJson(Schema schema, @Nullable Object value) {
        if (value == null) {
            return NODES.nullNode();
        }
        if (schema.getType() == Schema.Type.UNION) {
            return toJson(branch(schema, value), value);
        }
        return switch (value) {
            case BigDecimal decimal -> NODES.textNode(decimal.toPlainString());
            case Temporal time -> NODES.textNode(time.toString());
            case UUID uuid -> NODES.textNode(uuid.toString());
            default -> {
                LogicalType logicalType = schema.getLogicalType();
                Conversion<?> conversion =
                        logicalType == null ? null : AvroData.WITH_LOGICAL_TYPES.getConversionFor(logicalType);
                yield conversion == null
                        ? plain(schema, value)
                        : toJson(schema, Conversions.convertToLogicalType(value, schema, logicalType, conversion));
            }
        };
    }

    private static JsonNode plain(Schema schema, Object value) {
        return switch (schema.getType()) {
            case RECORD -> record((IndexedRecord) value);
            case ARRAY -> array(schema.getElementType(), (Collection<?>) value);
            case MAP -> map(schema.getValueType(), (Map<?, ?>) value);
            case STRING, ENUM -> NODES.textNode(value.toString());
            case INT -> NODES.numberNode((Integer) value);
            case LONG -> NODES.numberNode((Long) value);
            case FLOAT, DOUBLE -> floating((Number) value);
            case BOOLEAN -> NODES.booleanNode((Boolean) value);
            case BYTES, FIXED -> NODES.binaryNode(bytes(value));
            case NULL -> NODES.nullNode();
            case UNION -> throw new IllegalArgumentException("A union inside a union: " + schema);
        };
    }

    private static ObjectNode record(IndexedRecord record) {
        ObjectNode object = NODES.objectNode();
        for (Schema.Field field : record.getSchema().getFields()) {
            object.set(field.name(), toJson(field.schema(), record.get(field.pos())));
        }
        return object;
    }

    private static ArrayNode array(Schema elementType, Collection<?> elements) {
        ArrayNode array = NODES.arrayNode(elements.size());
        elements.forEach(element -> array.add(toJson(elementType, element)));
        return array;
    }

    private static ObjectNode map(Schema valueType, Map<?, ?> entries) {
        ObjectNode object = NODES.objectNode();
        entries.forEach((key, value) -> object.set(String.valueOf(key), toJson(valueType, value)));
        return object;
    }

    /** JSON has no NaN and no infinities; their names stand for them. */
    private static JsonNode floating(Number number) {
        double value = number.doubleValue();
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return NODES.textNode(Double.toString(value));
        }
        return number instanceof Float single ? NODES.numberNode(single) : NODES.numberNode(value);
    }

    private static byte[] bytes(Object value) {
        return switch (value) {
            case GenericFixed fixed -> fixed.bytes();
            case ByteBuffer buffer -> {
                byte[] bytes = new byte[buffer.remaining()];
                buffer.duplicate().get(bytes);
                yield bytes;
            }
            default ->
                throw new IllegalArgumentException(
                        "Not bytes: a " + value.getClass().getName());
        };
    }

    private static Schema branch(Schema union, Object value) {
        var nonNull = union.getTypes().stream()
                .filter(type -> type.getType() != Schema.Type.NULL)
                .toList();
        if (nonNull.size() == 1) {
            return nonNull.getFirst();
        }
        boolean logical = value instanceof BigDecimal || value instanceof Temporal || value instanceof UUID;
        GenericData model = logical ? AvroData.WITH_LOGICAL_TYPES : SpecificData.get();
        return union.getTypes().get(model.resolveUnion(union, value));
    }
}
