package dev.kappa.avro;

import dev.kappa.avro.WireFormat.SchemaReference;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads records in Confluent's wire format. The writer's schema comes from the registry, by the id or GUID in the record or
 * its headers. The reader's is that of a generated class ({@code specific.avro.reader=true}): the expected one ({@code
 * specific.avro.value.type}), else the one of the writer's name. For generic records it is the writer's own unless one was
 * given. Avro's schema resolution fills in fields that the writer did not have; {@link LogicalTypeConversion} does what that
 * resolution leaves out.
 *
 * <p>Thread-safe once configured, as Kafka Streams shares one deserializer among its threads.
 *
 * @param <T> the records, specific or generic
 */
public final class AvroDeserializer<T> implements Deserializer<T> {

    private final SchemaCache<SchemaReference, DatumReader<T>> readers = new SchemaCache<>();
    private volatile @Nullable Known<T> latest;
    private final @Nullable Schema readerSchema;
    private @Nullable AvroSerdeConfig config;
    private @Nullable SchemaRegistry registry;
    private boolean ownsRegistry;
    private boolean isKey;
    private @Nullable Class<?> expectedType;

    private record Known<T>(SchemaReference schema, DatumReader<T> reader) {}

    public AvroDeserializer() {
        this.readerSchema = null;
    }

    /** Reads every record as the given schema, whatever it was written with. */
    public AvroDeserializer(Schema readerSchema) {
        this.readerSchema = readerSchema;
    }

    @Override
    public void configure(Map<String, ?> configs, boolean isKey) {
        AvroData.trustGeneratedClasses();
        AvroSerdeConfig parsed = AvroSerdeConfig.ofSerde(configs);
        this.config = parsed;
        this.isKey = isKey;
        this.expectedType = (isKey ? parsed.keyType() : parsed.valueType()).orElse(null);
        this.ownsRegistry = parsed.client().isEmpty();
        this.registry = parsed.client().orElseGet(() -> new HttpSchemaRegistry(parsed));
    }

    @Override
    public @Nullable T deserialize(String topic, byte @Nullable [] data) {
        return deserialize(topic, new RecordHeaders(), data);
    }

    /**
     * {@inheritDoc}
     *
     * @throws RecordTypeException when the record is of another type than expected
     * @throws SerializationException when the bytes are not in the wire format, name a schema the registry does not
     *     know, or cannot be decoded or resolved: the record is bad and will stay so
     * @throws SchemaRegistryUnavailableException when the registry could not be reached in the bounded time: the record
     *     may well be good
     */
    @Override
    public @Nullable T deserialize(String topic, Headers headers, byte @Nullable [] data) {
        if (data == null) {
            return null;
        }
        WireFormat.Framing framing = WireFormat.framing(topic, headers, isKey, data);
        // Nearly all records are written with the schema of the one before.
        Known<T> known = latest;
        try {
            if (known == null || !known.schema().equals(framing.schema())) {
                known = new Known<>(framing.schema(), readers.computeIfAbsent(framing.schema(), this::reader));
                latest = known;
            }
            BinaryDecoder decoder =
                    DecoderFactory.get().binaryDecoder(data, framing.payload(), data.length - framing.payload(), null);
            T value = known.reader().read(null, decoder);
            if (!decoder.isEnd()) {
                throw new SerializationException("there are more bytes than its schema has fields for");
            }
            return value;
        } catch (SchemaRegistryUnavailableException | SchemaRegistryException | InterruptException e) {
            throw e;
        } catch (RecordTypeException e) {
            throw new RecordTypeException("A record in topic " + topic + " is of another type: " + e.getMessage());
        } catch (IOException | RuntimeException | StackOverflowError e) {
            // Avro throws many kinds of RuntimeException on bytes that are not what their schema says.
            throw new SerializationException(
                    "A record in topic " + topic + " with " + framing.schema() + " cannot be decoded: "
                            + (e instanceof SerializationException ? e.getMessage() : e),
                    e);
        }
    }

    @Override
    public void close() {
        if (ownsRegistry && registry != null) {
            registry.close();
        }
    }

    private DatumReader<T> reader(SchemaReference reference) {
        if (config == null || registry == null) {
            throw new IllegalStateException("AvroDeserializer.configure has not been called");
        }
        Schema writer = switch (reference) {
            case SchemaReference.Id id -> registry.byId(id.id());
            case SchemaReference.Guid guid -> registry.byGuid(guid.guid());
        };
        if (!config.specificReader()) {
            return reader(AvroData.WITH_LOGICAL_TYPES, writer, readerSchema == null ? writer : readerSchema);
        }
        Class<?> type = expectedType != null
                ? expectedType
                : SpecificData.get().getClass(readerSchema == null ? writer : readerSchema);
        if (type == null || !SpecificRecord.class.isAssignableFrom(type)) {
            throw new RecordTypeException("the writer's schema is " + writer.getFullName()
                    + ", for which there is no generated class on the class path");
        }
        Schema reader = SpecificData.get().getSchema(type);
        requireSameType(writer, reader);
        return reader(SpecificData.getForClass(type), writer, reader);
    }

    private DatumReader<T> reader(GenericData model, Schema writer, Schema reader) {
        Optional<LogicalTypeConversion> conversion =
                writer.equals(reader) ? Optional.empty() : LogicalTypeConversion.between(writer, reader);
        return conversion
                .map(found -> found.reader(AvroDeserializer.<T>cast(model.createDatumReader(reader, reader))))
                .orElseGet(() -> cast(model.createDatumReader(writer, reader)));
    }

    /**
     * Avro takes two record types for the same when their names without the namespaces are equal, or the reader has the
     * writer's name as an alias. The decoder itself does not look at names.
     */
    private static void requireSameType(Schema writer, Schema reader) {
        boolean isSame = writer.getType() == Schema.Type.RECORD
                && (writer.getName().equals(reader.getName())
                        || reader.getAliases().contains(writer.getFullName()));
        if (!isSame) {
            throw new RecordTypeException("the writer's schema is "
                    + (writer.getType() == Schema.Type.RECORD
                            ? writer.getFullName()
                            : writer.getType().getName())
                    + ", the reader's " + reader.getFullName());
        }
    }

    @SuppressWarnings(
            "unchecked") // The schema of a reader decides the type that it returns, and T stands for that schema.
    private static <T> DatumReader<T> cast(DatumReader<?> reader) {
        return (DatumReader<T>) reader;
    }
}
