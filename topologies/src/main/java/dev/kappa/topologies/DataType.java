package dev.kappa.topologies;

import java.util.Objects;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/**
 * The type of a key or value.
 *
 * @param <T> its Java type
 */
public sealed interface DataType<T> {

    /**
     * A type that is written without a schema and can stand in a URL.
     *
     * @param <T> its Java type
     */
    sealed interface Plain<T> extends DataType<T> {
        /**
         * Reads a value as people write it.
         *
         * @throws IllegalArgumentException saying what was expected
         */
        T parse(String text);

        /** Kafka's own serde. Its bytes order keys in stores. */
        Serde<T> serde();
    }

    /** UTF-8 text. */
    record Text() implements Plain<String> {
        @Override
        public String parse(String text) {
            return text;
        }

        @Override
        public Serde<String> serde() {
            return Serdes.String();
        }

        @Override
        public Schema schema() {
            return Schema.create(Schema.Type.STRING);
        }
    }

    /** A 64-bit number, big endian. */
    record Int64() implements Plain<Long> {
        @Override
        public Long parse(String text) {
            try {
                return Long.valueOf(text);
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("Expected a whole number; got \"" + text + "\"", e);
            }
        }

        @Override
        public Serde<Long> serde() {
            return Serdes.Long();
        }

        @Override
        public Schema schema() {
            return Schema.create(Schema.Type.LONG);
        }
    }

    /** A generated Avro class. */
    record AvroRecord<T extends SpecificRecord>(Class<T> type) implements DataType<T> {
        public AvroRecord {
            Objects.requireNonNull(type, "type");
        }

        @Override
        public Schema schema() {
            return SpecificData.get().getSchema(type);
        }
    }

    Plain<String> TEXT = new Text();
    Plain<Long> INT64 = new Int64();

    static <T extends SpecificRecord> DataType<T> of(Class<T> type) {
        return new AvroRecord<>(type);
    }

    /** The Avro schema that describes it. */
    Schema schema();
}
