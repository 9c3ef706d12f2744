package dev.kappa.avro;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.UUID;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Confluent's framing of a record. Most serializers write a zero byte, the schema's id in four bytes, big endian, then the
 * payload. Newer ones may name the schema by its GUID: the byte 1 and 16 bytes, before the payload or in a header of the record.
 *
 * @see <a href="https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format">
 *     Wire format</a>
 */
public final class WireFormat {

    static final byte MAGIC = 0;
    static final int HEADER_BYTES = 1 + Integer.BYTES;

    private static final byte GUID_MAGIC = 1;
    private static final int GUID_BYTES = 1 + 2 * Long.BYTES;

    /** How a record names the schema that it was written with. */
    sealed interface SchemaReference {

        /** By the number that the registry gave it. */
        record Id(int id) implements SchemaReference {
            @Override
            public String toString() {
                return "schema id " + id;
            }
        }

        /** By its GUID, which is the same in every registry. */
        record Guid(UUID guid) implements SchemaReference {
            @Override
            public String toString() {
                return "schema GUID " + guid;
            }
        }
    }

    /**
     * The framing of one record.
     *
     * @param schema names the writer's schema
     * @param payload where the payload begins in the record's bytes
     */
    record Framing(SchemaReference schema, int payload) {}

    private WireFormat() {}

    /** The subject of a topic's keys or values, by Confluent's {@code TopicNameStrategy}. */
    static String subject(String topic, boolean isKey) {
        return topic + (isKey ? "-key" : "-value");
    }

    static void writeHeader(ByteArrayOutputStream out, int id) {
        out.write(MAGIC);
        out.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(id).array());
    }

    static boolean hasHeader(byte[] bytes) {
        return bytes.length >= HEADER_BYTES && bytes[0] == MAGIC;
    }

    /** The header that may name the schema of keys or values. */
    static String schemaHeader(boolean isKey) {
        return isKey ? "__key_schema_id" : "__value_schema_id";
    }

    /** Whether a header of the record names the schema of its key. */
    public static boolean hasKeySchemaHeader(Headers headers) {
        return headers.lastHeader(schemaHeader(true)) != null;
    }

    /** Takes off the headers that name schemas. */
    public static void removeSchemaHeaders(Headers headers) {
        headers.remove(schemaHeader(true));
        headers.remove(schemaHeader(false));
    }

    /**
     * How a key or value names its schema.
     *
     * @throws SerializationException when it does not, in any way that is known
     */
    static Framing framing(String topic, Headers headers, boolean isKey, byte[] data) {
        Header header = headers.lastHeader(schemaHeader(isKey));
        if (header != null) {
            byte[] value = header.value();
            SchemaReference schema = value == null ? null : reference(value);
            if (schema == null || value.length != (schema instanceof SchemaReference.Id ? HEADER_BYTES : GUID_BYTES)) {
                throw new SerializationException("A record in topic " + topic + " has a header " + schemaHeader(isKey)
                        + " that names no schema");
            }
            return new Framing(schema, 0);
        }
        SchemaReference schema = reference(data);
        if (schema == null) {
            throw new SerializationException("A record in topic " + topic + " is not Avro in Confluent's wire format: "
                    + (data.length < HEADER_BYTES
                            ? "it has " + data.length + " bytes, the header alone has " + HEADER_BYTES
                            : "it begins with byte 0x%02x instead of 0x00".formatted(data[0])));
        }
        return new Framing(schema, schema instanceof SchemaReference.Id ? HEADER_BYTES : GUID_BYTES);
    }

    private static @Nullable SchemaReference reference(byte[] bytes) {
        if (hasHeader(bytes)) {
            return new SchemaReference.Id(schemaId(bytes));
        }
        if (bytes.length >= GUID_BYTES && bytes[0] == GUID_MAGIC) {
            ByteBuffer guid = ByteBuffer.wrap(bytes, 1, 2 * Long.BYTES);
            return new SchemaReference.Guid(new UUID(guid.getLong(), guid.getLong()));
        }
        return null;
    }

    /** The id of the schema a record was written with. */
    public static int schemaId(byte[] bytes) {
        return ByteBuffer.wrap(bytes, 1, Integer.BYTES).getInt();
    }

    /** The same record, naming another id for the same schema. */
    public static byte[] withSchemaId(byte[] bytes, int id) {
        byte[] copy = bytes.clone();
        ByteBuffer.wrap(copy).putInt(1, id);
        return copy;
    }
}
