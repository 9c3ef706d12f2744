package dev.kappa.topologies;

import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;

/**
 * The type of a key or value.
 *
 * @param <T> its Java type
 */
public sealed interface DataType<T> {

    /** UTF-8 text, without a schema. */
    record Text() implements DataType<String> {
        @Override
        public Schema schema() {
            return Schema.create(Schema.Type.STRING);
        }
    }

    /** A 64-bit number, big endian, without a schema. */
    record Int64() implements DataType<Long> {
        @Override
        public Schema schema() {
            return Schema.create(Schema.Type.LONG);
        }
    }

    /** A generated Avro class. */
    record AvroRecord<T extends SpecificRecord>(Class<T> type) implements DataType<T> {
        @Override
        public Schema schema() {
            return SpecificData.get().getSchema(type);
        }
    }

    DataType<String> TEXT = new Text();
    DataType<Long> INT64 = new Int64();

    static <T extends SpecificRecord> DataType<T> of(Class<T> type) {
        return new AvroRecord<>(type);
    }

    /** The Avro schema that describes it. */
    Schema schema();
}
