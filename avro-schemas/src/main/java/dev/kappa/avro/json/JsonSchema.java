package dev.kappa.avro.json;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.LogicalType;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Describes the JSON that {@link AvroJson} makes of the values of an Avro schema.
 *
 * @see <a href="https://json-schema.org/draft/2020-12/schema">JSON Schema 2020-12</a>
 */
public final class JsonSchema {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** JSON text of logical types; a type that is not named here is described as its underlying type. */
    private static final Map<String, String> FORMATS = Map.of(
            "timestamp-millis", "date-time",
            "timestamp-micros", "date-time",
            "timestamp-nanos", "date-time",
            "date", "date",
            "time-millis", "time",
            "time-micros", "time",
            "uuid", "uuid");

    private JsonSchema() {}

    /**
     * The JSON schema of an Avro schema; a record that contains itself is described once, and as any object below that.
     */
    public static ObjectNode of(Schema schema) {
        return of(schema, List.of());
    }

    private static ObjectNode of(Schema schema, List<String> around) {
        LogicalType logicalType = schema.getLogicalType();
        if (logicalType != null) {
            String name = logicalType.getName();
            if (FORMATS.containsKey(name)) {
                return type("string").put("format", FORMATS.get(name));
            }
            if (name.equals("decimal")) {
                return type("string").put("pattern", "^-?[0-9]+(\\.[0-9]+)?$");
            }
            if (name.startsWith("local-timestamp")) {
                return type("string");
            }
        }
        return switch (schema.getType()) {
            case RECORD -> record(schema, around);
            case ARRAY -> {
                ObjectNode json = type("array");
                json.set("items", of(schema.getElementType(), around));
                yield json;
            }
            case MAP -> {
                ObjectNode json = type("object");
                json.set("additionalProperties", of(schema.getValueType(), around));
                yield json;
            }
            case UNION -> union(schema, around);
            case ENUM -> {
                ObjectNode json = type("string");
                ArrayNode symbols = json.putArray("enum");
                schema.getEnumSymbols().forEach(symbols::add);
                yield json;
            }
            case STRING -> type("string");
            case BYTES, FIXED -> type("string").put("contentEncoding", "base64");
            case INT -> type("integer").put("format", "int32");
            case LONG -> type("integer").put("format", "int64");
            // Its text stands for a number that JSON does not have.
            case FLOAT, DOUBLE -> types("number", "string");
            case BOOLEAN -> type("boolean");
            case NULL -> type("null");
        };
    }

    private static ObjectNode record(Schema schema, List<String> around) {
        ObjectNode json = type("object");
        describe(json, schema.getDoc());
        if (around.contains(schema.getFullName())) {
            return json;
        }
        var inside = new ArrayList<>(around);
        inside.add(schema.getFullName());
        ArrayNode required = json.putArray("required");
        ObjectNode properties = json.putObject("properties");
        for (Schema.Field field : schema.getFields()) {
            required.add(field.name());
            ObjectNode property = of(field.schema(), inside);
            if (!property.has("description")) {
                describe(property, field.doc());
            }
            properties.set(field.name(), property);
        }
        return json;
    }

    private static ObjectNode union(Schema schema, List<String> around) {
        if (schema.getTypes().size() == 1) {
            return of(schema.getTypes().getFirst(), around);
        }
        ObjectNode json = NODES.objectNode();
        ArrayNode branches = json.putArray("anyOf");
        schema.getTypes().forEach(branch -> branches.add(of(branch, around)));
        return json;
    }

    private static void describe(ObjectNode json, @Nullable String text) {
        if (text != null) {
            json.put("description", text);
        }
    }

    private static ObjectNode type(String name) {
        return NODES.objectNode().put("type", name);
    }

    private static ObjectNode types(String... names) {
        ObjectNode json = NODES.objectNode();
        ArrayNode types = json.putArray("type");
        for (String name : names) {
            types.add(name);
        }
        return json;
    }
}
