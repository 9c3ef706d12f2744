package dev.kappa.reprocessing.reader;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.kappa.avro.AvroDeserializer;
import dev.kappa.avro.SchemaRegistry;
import dev.kappa.avro.json.AvroJson;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericContainer;
import org.apache.kafka.common.errors.SerializationException;

/** Keys and values in output topics as JSON, for any view's, with or without its classes. Thread-safe. */
public final class ResultJson {

    private final AvroDeserializer<Object> keys = new AvroDeserializer<>();
    private final AvroDeserializer<Object> values = new AvroDeserializer<>();

    /** With a registry, which is the caller's to close. */
    public ResultJson(KafkaSettings settings, SchemaRegistry registry) {
        Map<String, Object> generic = settings.serde(registry, false);
        keys.configure(generic, true);
        values.configure(generic, false);
    }

    /**
     * A key: the same for the same key, whatever ids its schema has.
     *
     * @param schema of the output's keys
     * @throws SerializationException when it cannot be read
     */
    public JsonNode key(Schema schema, String topic, byte[] bytes) {
        return switch (schema.getType()) {
            case STRING -> JsonNodeFactory.instance.textNode(new String(bytes, StandardCharsets.UTF_8));
            case LONG ->
                JsonNodeFactory.instance.numberNode(ByteBuffer.wrap(bytes).getLong());
            default -> record(keys, topic, bytes);
        };
    }

    /**
     * A value.
     *
     * @throws SerializationException when it cannot be read
     */
    public JsonNode value(String topic, byte[] bytes) {
        return record(values, topic, bytes);
    }

    private static JsonNode record(AvroDeserializer<Object> deserializer, String topic, byte[] bytes) {
        Object value = Objects.requireNonNull(deserializer.deserialize(topic, bytes));
        if (value instanceof GenericContainer container) {
            return AvroJson.toJson(container.getSchema(), value);
        }
        throw new SerializationException("A result in " + topic + " is no record: " + value.getClass());
    }
}
