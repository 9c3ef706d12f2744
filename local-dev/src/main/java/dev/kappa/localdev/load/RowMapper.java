package dev.kappa.localdev.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.BinaryNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.kappa.avro.EventSchema;
import dev.kappa.topologies.input.KeyBytes;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
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

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern DATE = Pattern.compile("\\d{4}-\\d{2}-\\d{2}");
    private static final Pattern LOCAL_TIME =
            Pattern.compile("\\d{4}-\\d{2}-\\d{2}[T ]\\d{2}:\\d{2}(:\\d{2}(\\.\\d+)?)?");

    /** Longer ones take seconds to read. */
    private static final int LONGEST_TEXT_OF_NUMBER = 1_000;

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
                throw new BadRowException(
                        field.name() + ": " + e.getMessage(), e instanceof TimeFormat.ImplausibleTimeException);
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

    /** The type beside null; the union itself where there are several. */
    private static Schema nonNull(Schema schema) {
        if (schema.getType() != Schema.Type.UNION) {
            return schema;
        }
        List<Schema> types = schema.getTypes().stream()
                .filter(type -> type.getType() != Schema.Type.NULL)
                .toList();
        return types.size() == 1 ? types.getFirst() : schema;
    }

    private Object convert(Schema type, JsonNode given, @Nullable String separator) {
        if (given.isTextual() && given.textValue().length() > LONGEST_TEXT_OF_NUMBER && isNumber(type)) {
            throw new IllegalArgumentException(
                    "expected a number; got " + given.textValue().length() + " characters");
        }
        switch (type.getLogicalType()) {
            case LogicalTypes.TimestampMillis _, LogicalTypes.TimestampMicros _, LogicalTypes.TimestampNanos _ -> {
                return times.parse(given.asText());
            }
            case LogicalTypes.LocalTimestampMillis _,
                    LogicalTypes.LocalTimestampMicros _,
                    LogicalTypes.LocalTimestampNanos _ -> {
                return LocalDateTime.ofInstant(times.parse(localTime(given.asText())), ZoneOffset.UTC);
            }
            case LogicalTypes.Date _ -> {
                return date(given.asText().strip());
            }
            case LogicalTypes.TimeMillis _, LogicalTypes.TimeMicros _ -> {
                return LocalTime.parse(given.asText().strip());
            }
            case LogicalTypes.Decimal decimal -> {
                return decimal(given.asText(), decimal);
            }
            case null, default -> {}
        }
        boolean isUuid = type.getLogicalType() != null
                && type.getLogicalType().getName().equals(LogicalTypes.uuid().getName());
        if (isUuid) {
            return UUID.fromString(given.asText().strip());
        }
        return switch (type.getType()) {
            case STRING -> text(given);
            case INT -> Math.toIntExact(whole(given));
            case LONG -> whole(given);
            case FLOAT -> (float) number(given);
            case DOUBLE -> number(given);
            case BOOLEAN -> flag(given.asText());
            case ENUM -> symbol(type, given.asText());
            case BYTES -> ByteBuffer.wrap(bytes(given));
            case FIXED -> fixed(type, bytes(given));
            case ARRAY -> array(type.getElementType(), structured(given), Optional.ofNullable(separator));
            case MAP -> map(type.getValueType(), structured(given));
            case RECORD -> record(type, structured(given));
            case UNION -> oneOf(type, given, separator);
            case NULL -> throw new IllegalArgumentException("can only be missing");
        };
    }

    private static boolean isNumber(Schema type) {
        return switch (type.getType()) {
            case INT, LONG, FLOAT, DOUBLE -> true;
            case BYTES, FIXED -> type.getLogicalType() instanceof LogicalTypes.Decimal;
            default -> false;
        };
    }

    /** A time without a zone, taken as UTC. */
    private static String localTime(String text) {
        String stripped = text.strip();
        return LOCAL_TIME.matcher(stripped).matches() ? stripped.replace(' ', 'T') + "Z" : stripped;
    }

    private LocalDate date(String text) {
        return DATE.matcher(text).matches()
                ? LocalDate.parse(text)
                : LocalDate.ofInstant(times.parse(text), ZoneOffset.UTC);
    }

    /** A cell of CSV may hold JSON where an object or a list is wanted. */
    private static JsonNode structured(JsonNode given) {
        if (!given.isTextual()) {
            return given;
        }
        String text = given.textValue().strip();
        if (!text.startsWith("{") && !text.startsWith("[")) {
            return given;
        }
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("is not JSON: " + e.getOriginalMessage(), e);
        }
    }

    private GenericRecord record(Schema type, JsonNode given) {
        if (!given.isObject()) {
            throw new IllegalArgumentException("is a record, and wants a JSON object; got " + given.getNodeType());
        }
        var record = new GenericData.Record(type);
        for (Schema.Field field : type.getFields()) {
            try {
                record.put(field.pos(), value(field, given.get(field.name())));
            } catch (TimeFormat.ImplausibleTimeException e) {
                throw e;
            } catch (IllegalArgumentException | ArithmeticException | DateTimeException e) {
                throw new IllegalArgumentException(field.name() + ": " + e.getMessage(), e);
            }
        }
        return record;
    }

    private Map<String, Object> map(Schema valueType, JsonNode given) {
        if (!given.isObject()) {
            throw new IllegalArgumentException("is a map, and wants a JSON object; got " + given.getNodeType());
        }
        var map = new LinkedHashMap<String, Object>();
        given.properties().forEach(entry -> map.put(entry.getKey(), convert(valueType, entry.getValue(), null)));
        return map;
    }

    /** The first type of a union that takes the value. */
    private Object oneOf(Schema union, JsonNode given, @Nullable String separator) {
        var reasons = new ArrayList<String>();
        for (Schema branch : union.getTypes()) {
            if (branch.getType() != Schema.Type.NULL) {
                try {
                    return convert(branch, given, separator);
                } catch (IllegalArgumentException | ArithmeticException | DateTimeException e) {
                    reasons.add(branch.getName() + ": " + e.getMessage());
                }
            }
        }
        throw new IllegalArgumentException("matches no type of the union: " + String.join("; ", reasons));
    }

    private static byte[] bytes(JsonNode given) {
        try {
            return Base64.getDecoder().decode(given.asText().strip());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("expected Base64; got \"" + given.asText() + "\"", e);
        }
    }

    private static GenericData.Fixed fixed(Schema type, byte[] bytes) {
        if (bytes.length != type.getFixedSize()) {
            throw new IllegalArgumentException("expected " + type.getFixedSize() + " bytes; got " + bytes.length);
        }
        return new GenericData.Fixed(type, bytes);
    }

    private static String text(JsonNode given) {
        if (given.isContainerNode()) {
            throw new IllegalArgumentException("expected text; got " + given);
        }
        String text = given instanceof BinaryNode bytes ? utf8(bytes.binaryValue()) : given.asText();
        if (text.indexOf(RowReader.NOT_UTF8) >= 0) {
            throw new IllegalArgumentException("is not UTF-8");
        }
        return text;
    }

    /** Older writers of Parquet do not say that a column of bytes is text. */
    private static String utf8(byte[] bytes) {
        return KeyBytes.text(bytes).orElseThrow(() -> new IllegalArgumentException("is not UTF-8"));
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
        // Said before a number of so many digits is written out.
        if ((long) value.precision() - value.scale() > type.getPrecision() - type.getScale() && value.signum() != 0) {
            throw new IllegalArgumentException("has more than " + type.getPrecision() + " digits: \"" + text + "\"");
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
        for (String element : given.asText().split(Pattern.quote(separator.get()), -1)) {
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
