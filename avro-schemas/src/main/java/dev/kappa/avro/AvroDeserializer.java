package dev.kappa.avro;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads records in Confluent's wire format: the writer's schema comes from the registry by the id in the record, the
 * reader's is the generated class of the same name ({@code specific.avro.reader=true}) or, for generic records, the
 * writer's own unless one was given. Avro's schema resolution fills in what the writer did not have.
 *
 * <p>Thread-safe once configured, as Kafka Streams shares one deserializer among its threads.
 *
 * @param <T> the records, specific or generic
 */
public final class AvroDeserializer<T> implements Deserializer<T> {

    private final Map<Integer, DatumReader<T>> readers = new ConcurrentHashMap<>();
    private final @Nullable Schema readerSchema;
    private @Nullable AvroSerdeConfig config;
    private @Nullable SchemaRegistry registry;
    private boolean ownsRegistry;

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
        AvroSerdeConfig parsed = AvroSerdeConfig.from(configs);
        this.config = parsed;
        this.ownsRegistry = parsed.client().isEmpty();
        this.registry = parsed.client().orElseGet(() -> new HttpSchemaRegistry(parsed));
    }

    /**
     * {@inheritDoc}
     *
     * @throws SerializationException when the bytes are not in the wire format, name a schema the registry does not
     *     know, or cannot be decoded or resolved: the record is bad and will stay so
     * @throws SchemaRegistryUnavailableException when the registry could not be reached in the bounded time: the record
     *     may well be good
     */
    @Override
    public @Nullable T deserialize(String topic, byte @Nullable [] data) {
        if (data == null) {
            return null;
        }
        if (!WireFormat.hasHeader(data)) {
            throw new SerializationException("A record in topic " + topic + " is not Avro in Confluent's wire format: "
                    + (data.length < WireFormat.HEADER_BYTES
                            ? "it has " + data.length + " bytes, the header alone has " + WireFormat.HEADER_BYTES
                            : "it begins with byte 0x%02x instead of 0x00".formatted(data[0])));
        }
        int id = WireFormat.schemaId(data);
        DatumReader<T> reader = readers.computeIfAbsent(id, this::reader);
        BinaryDecoder decoder = DecoderFactory.get()
                .binaryDecoder(data, WireFormat.HEADER_BYTES, data.length - WireFormat.HEADER_BYTES, null);
        try {
            return reader.read(null, decoder);
        } catch (IOException | RuntimeException e) {
            // Avro throws many kinds of RuntimeException on bytes that are not what their schema says.
            throw new SerializationException(
                    "A record in topic " + topic + " with schema id " + id + " cannot be decoded: " + e, e);
        }
    }

    @Override
    public void close() {
        if (ownsRegistry && registry != null) {
            registry.close();
        }
    }

    private DatumReader<T> reader(int id) {
        if (config == null || registry == null) {
            throw new IllegalStateException("AvroDeserializer.configure has not been called");
        }
        Schema writer = registry.byId(id);
        try {
            if (!config.specificReader()) {
                Schema reader = readerSchema == null ? writer : readerSchema;
                return cast(AvroData.WITH_LOGICAL_TYPES.createDatumReader(writer, reader));
            }
            Class<?> type = SpecificData.get().getClass(readerSchema == null ? writer : readerSchema);
            if (type == null || !SpecificRecord.class.isAssignableFrom(type)) {
                throw new SerializationException("Schema id " + id + " is of " + writer.getFullName()
                        + ", for which there is no generated class on the class path");
            }
            Schema reader = SpecificData.get().getSchema(type);
            GenericData model = SpecificData.getForClass(type);
            return cast(model.createDatumReader(writer, reader));
        } catch (AvroRuntimeException e) {
            throw new SerializationException(
                    "Schema id " + id + " (" + writer.getFullName() + ") cannot be read: " + e.getMessage(), e);
        }
    }

    @SuppressWarnings("unchecked") // What a reader returns is decided by its schema, which T stands for.
    private static <T> DatumReader<T> cast(DatumReader<?> reader) {
        return (DatumReader<T>) reader;
    }
}
