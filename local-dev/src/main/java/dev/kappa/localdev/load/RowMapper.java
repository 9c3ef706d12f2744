package dev.kappa.localdev.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.kappa.avro.EventSchema;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;

/**
 * Makes an event of a row: each field from the column of its name unless mapped or set. Pure.
 *
 * @param schema what the events are
 * @param columns column by field, where the names differ
 * @param constants text by field, the same for every row
 * @param separators what separates the elements of an array's text, by field
 * @param times reads times
 */
record RowMapper(
        EventSchema schema,
        Map<String, String> columns,
        Map<String, String> constants,
        Map<String, String> separators,
        TimeFormat times) {

    /** A record's key and value. */
    record Event(String key, GenericRecord value) {}

    /** The fields that neither a column nor a constant can fill, though they have no default. */
    List<String> unfilled(List<String> available) {
        return schema.schema().getFields().stream()
                .filter(field -> !constants.containsKey(field.name())
                        && !available.contains(column(field))
                        && !field.hasDefaultValue())
                .map(Schema.Field::name)
                .toList();
    }

    /** The array fields that a column of text fills, though nothing says how it is split. */
    List<String> unsplit(List<String> available) {
        return schema.schema().getFields().stream()
                .filter(field -> isArray(field.name())
                        && available.contains(column(field))
                        && !constants.containsKey(field.name())
                        && !separators.containsKey(field.name()))
                .map(Schema.Field::name)
                .toList();
    }

    boolean isArray(String field) {
        return nonNull(schema.schema().getField(field).schema()).getType() == Schema.Type.ARRAY;
    }

    private String column(Schema.Field field) {
        return columns.getOrDefault(field.name(), field.name());
    }

    /**
     * Makes an event.
     *
     * @throws BadRowException naming the field, and what is wrong with it
     */
    Event map(Row row) throws BadRowException {
        var event = new GenericData.Record(schema.schema());
        for (Schema.Field field : schema.schema().getFields()) {
            String constant = constants.get(field.name());
            JsonNode given = constant == null ? row.values().get(column(field)) : TextNode.valueOf(constant);
            try {
                event.put(field.pos(), value(field, given));
            } catch (IllegalArgumentException | ArithmeticException | DateTimeException e) {
                throw new BadRowException(field.name() + ": " + e.getMessage());
            }
        }
        String key = schema.key()
                .map(field -> event.get(field.pos()))
                .map(Object::toString)
                .orElse("");
        if (key.isEmpty()) {
            throw new BadRowException(schema.key().map(Schema.Field::name).orElse("key") + ": is the key, and empty");
        }
        return new Event(key, event);
    }

    private @Nullable Object value(Schema.Field field, @Nullable JsonNode given) {
        boolean absent = given == null || given.isNull();
        boolean empty = given != null && given.isTextual() && given.textValue().isEmpty();
        Schema type = nonNull(field.schema());
        boolean nullable = field.schema().isNullable();
        if (!absent && !(empty && (nullable || field.hasDefaultValue() || type.getType() != Schema.Type.STRING))) {
            return convert(type, Objects.requireNonNull(given), separators.get(field.name()));
        }
        if (field.hasDefaultValue()) {
            return GenericData.get().getDefaultValue(field);
        }
        if (nullable) {
            return null;
        }
        throw new IllegalArgumentException("is required, and " + (absent ? "missing" : "empty"));
    }

    private static Schema nonNull(Schema schema) {
        if (schema.getType() != Schema.Type.UNION) {
            return schema;
        }
        return schema.getTypes().stream()
                .filter(type -> type.getType() != Schema.Type.NULL)
                .findFirst()
                .orElseThrow();
    }

    private Object convert(Schema type, JsonNode given, @Nullable String separator) {
        LogicalType logicalType = type.getLogicalType();
        if (logicalType instanceof LogicalTypes.TimestampMillis) {
            return times.parse(given.asText());
        }
        if (logicalType instanceof LogicalTypes.Decimal decimal) {
            return decimal(given.asText(), decimal);
        }
        return switch (type.getType()) {
            case STRING -> text(given);
            case INT -> Math.toIntExact(whole(given));
            case LONG -> whole(given);
            case FLOAT -> (float) number(given);
            case DOUBLE -> number(given);
            case BOOLEAN -> flag(given.asText());
            case ENUM -> symbol(type, given.asText());
            case BYTES -> ByteBuffer.wrap(given.asText().getBytes(StandardCharsets.UTF_8));
            case ARRAY -> array(type.getElementType(), given, Optional.ofNullable(separator));
            default -> throw new IllegalArgumentException("is a " + type.getType() + ", which rows cannot hold");
        };
    }

    private static String text(JsonNode given) {
        if (given.isContainerNode()) {
            throw new IllegalArgumentException("expected text; got " + given);
        }
        String text = given.asText();
        if (text.indexOf(RowReader.NOT_UTF8) >= 0) {
            throw new IllegalArgumentException("is not UTF-8");
        }
        return text;
    }

    private static long whole(JsonNode given) {
        try {
            return new BigDecimal(given.asText().strip()).longValueExact();
        } catch (NumberFormatException | ArithmeticException e) {
            throw new IllegalArgumentException("expected a whole number; got \"" + given.asText() + "\"", e);
        }
    }

    private static double number(JsonNode given) {
        try {
            return Double.parseDouble(given.asText().strip());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("expected a number; got \"" + given.asText() + "\"", e);
        }
    }

    private static boolean flag(String text) {
        return switch (text.strip()) {
            case "true", "1" -> true;
            case "false", "0" -> false;
            default -> throw new IllegalArgumentException("expected true or false; got \"" + text + "\"");
        };
    }

    private static GenericData.EnumSymbol symbol(Schema type, String text) {
        if (!type.hasEnumSymbol(text)) {
            throw new IllegalArgumentException("expected one of " + type.getEnumSymbols() + "; got \"" + text + "\"");
        }
        return new GenericData.EnumSymbol(type, text);
    }

    private static BigDecimal decimal(String text, LogicalTypes.Decimal type) {
        BigDecimal value;
        try {
            value = new BigDecimal(text.strip());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("expected a decimal number; got \"" + text + "\"", e);
        }
        if (value.stripTrailingZeros().scale() > type.getScale()) {
            throw new IllegalArgumentException("has more than " + type.getScale() + " decimals: \"" + text + "\"");
        }
        BigDecimal scaled = value.setScale(type.getScale(), RoundingMode.UNNECESSARY);
        if (scaled.precision() > type.getPrecision()) {
            throw new IllegalArgumentException("has more than " + type.getPrecision() + " digits: \"" + text + "\"");
        }
        return scaled;
    }

    private List<Object> array(Schema elementType, JsonNode given, Optional<String> separator) {
        var elements = new ArrayList<Object>();
        if (given.isArray()) {
            given.forEach(element -> elements.add(convert(elementType, element, null)));
            return elements;
        }
        if (separator.isEmpty()) {
            throw new IllegalArgumentException(
                    "is an array, and given as text; say what separates its elements, as --split FIELD=\" \"");
        }
        for (String element : given.asText().split(java.util.regex.Pattern.quote(separator.get()), -1)) {
            if (!element.isEmpty()) {
                elements.add(convert(elementType, TextNode.valueOf(element), null));
            }
        }
        return elements;
    }

    /** The event time of an event; absent when the schema names none. */
    Optional<Instant> eventTime(Event event) {
        return schema.eventTimeOf(event.value()).map(Instant::ofEpochMilli);
    }
}
