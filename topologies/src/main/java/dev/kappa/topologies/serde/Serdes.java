package dev.kappa.topologies.serde;

import dev.kappa.avro.EncodedFields;
import dev.kappa.topologies.DataType;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;

/** Makes the serdes of a topology: its runner decides which classes write records and how they are configured. */
public interface Serdes {

    /** A configured serde for keys. */
    <T> Serde<T> key(DataType<T> type);

    /** A configured serde for values. */
    <T> Serde<T> value(DataType<T> type);

    /**
     * A configured deserializer of an input's values, which others write: it reads what their headers say of the schema. All
     * others must not, since a record's headers travel with what is made of it.
     */
    default <T> Deserializer<T> input(DataType<T> type) {
        return value(type).deserializer();
    }

    /** Reads keys in Confluent's wire format, of any schema; empty where only the serde knows how keys are written. */
    default Optional<Deserializer<Object>> avroKeys() {
        return Optional.empty();
    }

    /**
     * Finds fields of values without reading the values.
     *
     * @param type of the values
     * @param names the fields
     * @return empty where only the serde knows how values are written
     */
    default Optional<EncodedFields> fields(DataType<?> type, List<String> names) {
        return Optional.empty();
    }
}
