package dev.kappa.avro;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericContainer;
import org.apache.avro.generic.GenericData;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DatumWriter;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Writes specific or generic records in Confluent's wire format; null stays null (a tombstone). Thread-safe once
 * configured, as Kafka Streams shares one serializer among its threads.
 *
 * @param <T> the records, specific or generic
 */
public final class AvroSerializer<T> implements Serializer<T> {

    /** Records of a generated class and generic ones of the same schema are written differently. */
    private record Kind(String subject, Schema schema, Class<?> type) {}

    /** How the records of one schema are written under one subject. */
    private record Writer(int id, DatumWriter<Object> datumWriter) {}

    private final Map<Kind, Writer> writers = new ConcurrentHashMap<>();
    private @Nullable AvroSerdeConfig config;
    private @Nullable SchemaRegistry registry;
    private boolean ownsRegistry;
    private boolean isKey;

    @Override
    public void configure(Map<String, ?> configs, boolean isKey) {
        AvroData.trustGeneratedClasses();
        AvroSerdeConfig parsed = AvroSerdeConfig.ofSerde(configs);
        this.config = parsed;
        this.ownsRegistry = parsed.client().isEmpty();
        this.registry = parsed.client().orElseGet(() -> new HttpSchemaRegistry(parsed));
        this.isKey = isKey;
    }

    /**
     * {@inheritDoc}
     *
     * @throws SerializationException when the record does not fit its schema, or the registry refuses the schema
     * @throws SchemaRegistryUnavailableException when the registry could not be reached in the bounded time
     */
    @Override
    public byte @Nullable [] serialize(String topic, @Nullable T data) {
        if (data == null) {
            return null;
        }
        if (!(data instanceof GenericContainer container)) {
            throw new SerializationException("Topic " + topic + " takes Avro records; got a "
                    + data.getClass().getName());
        }
        Schema schema = container.getSchema();
        String subject = WireFormat.subject(topic, isKey);
        try {
            Writer writer = writers.computeIfAbsent(new Kind(subject, schema, data.getClass()), this::writer);
            var bytes = new ByteArrayOutputStream(128);
            WireFormat.writeHeader(bytes, writer.id());
            BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
            writer.datumWriter().write(data, encoder);
            encoder.flush();
            return bytes.toByteArray();
        } catch (IOException | AvroRuntimeException | ClassCastException | NullPointerException e) {
            // Avro reports a missing value of a required field as a NullPointerException that names the field.
            throw new SerializationException(
                    "A " + schema.getFullName() + " for topic " + topic + " cannot be written: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        if (ownsRegistry && registry != null) {
            registry.close();
        }
    }

    private Writer writer(Kind kind) {
        if (config == null || registry == null) {
            throw new IllegalStateException("AvroSerializer.configure has not been called");
        }
        if (config.useLatest()) {
            SchemaRegistry.Registered latest = registry.latest(kind.subject());
            requireSameFields(kind, latest.schema());
            return new Writer(latest.id(), datumWriter(kind.type(), latest.schema()));
        }
        int id = config.autoRegister()
                ? registry.register(kind.subject(), kind.schema())
                : registry.idOf(kind.subject(), kind.schema());
        return new Writer(id, datumWriter(kind.type(), kind.schema()));
    }

    /** Avro writes fields by position: another order would put values into the wrong ones. */
    private static void requireSameFields(Kind kind, Schema latest) {
        if (!fieldNames(kind.schema()).equals(fieldNames(latest))) {
            throw new SerializationException("The newest schema of subject " + kind.subject() + " has the fields "
                    + fieldNames(latest) + ", the record " + fieldNames(kind.schema()) + "; with "
                    + AvroSerdeConfig.USE_LATEST + "=true they must be the same, in the same order");
        }
    }

    private static List<String> fieldNames(Schema schema) {
        return schema.getFields().stream().map(Schema.Field::name).toList();
    }

    private static DatumWriter<Object> datumWriter(Class<?> type, Schema writerSchema) {
        GenericData model = SpecificRecord.class.isAssignableFrom(type)
                ? SpecificData.getForClass(type)
                : AvroData.WITH_LOGICAL_TYPES;
        return cast(model.createDatumWriter(writerSchema));
    }

    @SuppressWarnings("unchecked") // A writer of whatever its schema describes.
    private static DatumWriter<Object> cast(DatumWriter<?> writer) {
        return (DatumWriter<Object>) writer;
    }
}
