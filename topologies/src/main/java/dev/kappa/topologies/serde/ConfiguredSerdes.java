package dev.kappa.topologies.serde;

import dev.kappa.avro.AvroData;
import dev.kappa.avro.AvroDeserializer;
import dev.kappa.avro.AvroSerde;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.EncodedFields;
import dev.kappa.avro.SchemaRegistry;
import dev.kappa.topologies.DataType;
import java.lang.reflect.InvocationTargetException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;

/** Serdes of one class, found by name, for Avro records; Kafka's own for plain types. */
public final class ConfiguredSerdes implements Serdes {

    private final Class<?> avroSerde;
    private final Map<String, Object> configs;

    /**
     * Serdes of the given class, each configured alike.
     *
     * @param avroSerde a {@code Serde} with a constructor without arguments, such as {@code dev.kappa.avro.AvroSerde} or
     *     Confluent's {@code SpecificAvroSerde}
     * @param configs what each serde is configured with
     */
    public ConfiguredSerdes(Class<?> avroSerde, Map<String, ?> configs) {
        AvroData.trustGeneratedClasses();
        this.avroSerde = avroSerde;
        this.configs = new HashMap<>(configs);
        this.configs.put(AvroSerdeConfig.SPECIFIC_READER, true);
    }

    @Override
    public <T> Serde<T> key(DataType<T> type) {
        return serde(type, true);
    }

    @Override
    public <T> Serde<T> value(DataType<T> type) {
        return serde(type, false);
    }

    @Override
    @SuppressWarnings("unchecked") // The serde of a class reads values of that class.
    public <T> Deserializer<T> input(DataType<T> type) {
        return switch (type) {
            case DataType.Plain<T> plain -> plain.serde().deserializer();
            case DataType.AvroRecord<?> avro ->
                ofType(
                        (Class<T>) avro.type(),
                        configured((Class<T>) avro.type(), false).deserializer(),
                        true);
        };
    }

    @Override
    public Optional<EncodedFields> fields(DataType<?> type, List<String> names) {
        return configs.get(AvroSerdeConfig.CLIENT) instanceof SchemaRegistry registry && avroSerde == AvroSerde.class
                ? Optional.of(new EncodedFields(registry, type.schema(), names))
                : Optional.empty();
    }

    @Override
    public Optional<Deserializer<Object>> avroKeys() {
        if (avroSerde != AvroSerde.class) {
            return Optional.empty();
        }
        var generic = new HashMap<>(configs);
        generic.put(AvroSerdeConfig.SPECIFIC_READER, false);
        var deserializer = new AvroDeserializer<Object>();
        deserializer.configure(generic, true);
        return Optional.of(deserializer);
    }

    @SuppressWarnings("unchecked") // Each branch makes the serde of its type.
    private <T> Serde<T> serde(DataType<T> type, boolean isKey) {
        return switch (type) {
            case DataType.Plain<T> plain -> plain.serde();
            case DataType.AvroRecord<?> avro -> {
                Class<T> expected = (Class<T>) avro.type();
                Serde<T> serde = configured(expected, isKey);
                yield org.apache.kafka.common.serialization.Serdes.serdeFrom(
                        serde.serializer(), ofType(expected, serde.deserializer(), false));
            }
        };
    }

    @SuppressWarnings("unchecked") // It is configured to read values of the class.
    private <T> Serde<T> configured(Class<T> type, boolean isKey) {
        Serde<T> serde = (Serde<T>) newInstance();
        var ofType = new HashMap<>(configs);
        ofType.put(isKey ? AvroSerdeConfig.SPECIFIC_KEY_TYPE : AvroSerdeConfig.SPECIFIC_VALUE_TYPE, type);
        serde.configure(ofType, isKey);
        return serde;
    }

    /**
     * A record of another class would fail with a ClassCastException somewhere in the topology, and an error of a deserializer
     * would end the stream thread; both are failures of the record.
     *
     * @param readsHeaders whether the record is as its producer wrote it, with its own headers
     */
    private static <T> Deserializer<T> ofType(Class<T> type, Deserializer<T> deserializer, boolean readsHeaders) {
        return new Deserializer<>() {
            @Override
            public @Nullable T deserialize(String topic, byte @Nullable [] data) {
                return deserialize(topic, new RecordHeaders(), data);
            }

            @Override
            public @Nullable T deserialize(String topic, Headers headers, byte @Nullable [] data) {
                Object value;
                try {
                    value = deserializer.deserialize(topic, readsHeaders ? headers : new RecordHeaders(), data);
                } catch (StackOverflowError e) {
                    throw new SerializationException("A record in topic " + topic + " is nested too deeply", e);
                }
                if (value != null && !type.isInstance(value)) {
                    throw new SerializationException("A record in topic " + topic + " is a "
                            + value.getClass().getName() + ", not a " + type.getName());
                }
                return type.cast(value);
            }

            @Override
            public void close() {
                deserializer.close();
            }
        };
    }

    private Object newInstance() {
        try {
            return avroSerde.getConstructor().newInstance();
        } catch (InvocationTargetException e) {
            throw new IllegalArgumentException("Serde " + avroSerde.getName() + " fails: " + e.getCause(), e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException(
                    "Serde " + avroSerde.getName() + " has no public constructor without arguments", e);
        }
    }
}
