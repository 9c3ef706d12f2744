package dev.kappa.topologies;

import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;

/**
 * A schema that is written to a topic.
 *
 * @param topic the output topic, or the name of an internal topic without the application id that stands before it
 * @param isInternal whether it is an internal topic
 * @param isKey whether keys are written with it, or values
 */
public record WrittenSchema(String topic, boolean isInternal, boolean isKey, Schema schema) {

    /** Those of a topic's keys and values that are Avro records. */
    static List<WrittenSchema> of(String topic, boolean isInternal, DataType<?> key, DataType<?> value) {
        List<WrittenSchema> schemas = new ArrayList<>();
        if (key instanceof DataType.AvroRecord<?>) {
            schemas.add(new WrittenSchema(topic, isInternal, true, key.schema()));
        }
        if (value instanceof DataType.AvroRecord<?>) {
            schemas.add(new WrittenSchema(topic, isInternal, false, value.schema()));
        }
        return schemas;
    }
}
