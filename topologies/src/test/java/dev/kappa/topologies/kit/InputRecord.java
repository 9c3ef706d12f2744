package dev.kappa.topologies.kit;

import dev.kappa.avro.AvroSerializer;
import dev.kappa.topologies.Input;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericContainer;
import org.apache.avro.generic.GenericData;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * A record of an input topic.
 *
 * @param input which input
 * @param partition its partition
 * @param key its key; null for a record that has lost it
 * @param value its value; null deletes from a table, and is invalid in a stream
 * @param form how it was written
 * @param writtenAt the log's time
 */
public record InputRecord(
        Input<?> input,
        int partition,
        @Nullable String key,
        @Nullable SpecificRecord value,
        Form form,
        Instant writtenAt) {

    /** Who wrote a record. */
    public enum Form {
        /** A producer with the schema that the view knows. */
        KNOWN,

        /** A newer producer, whose schema has a field more. */
        NEWER,

        /** Something else: its bytes are no Avro at all. */
        UNREADABLE
    }

    private static final String ADDED = "addedLater";
    private static final Map<Schema, Schema> NEWER = new ConcurrentHashMap<>();

    /** What a producer sends. */
    byte @Nullable [] bytes(AvroSerializer<GenericContainer> serializer) {
        if (form == Form.UNREADABLE) {
            return new byte[] {1, 2, 3};
        }
        return value == null
                ? null
                : serializer.serialize(input.topic(), form == Form.NEWER ? written(value) : (GenericContainer) value);
    }

    private static GenericContainer written(SpecificRecord value) {
        Schema newer = NEWER.computeIfAbsent(value.getSchema(), InputRecord::newer);
        var record = new GenericData.Record(newer);
        record.put(ADDED, "what an old reader does not know");
        value.getSchema()
                .getFields()
                .forEach(field -> record.put(newer.getField(field.name()).pos(), value.get(field.pos())));
        return record;
    }

    /** The added field comes first, so that no other is where it was. */
    private static Schema newer(Schema known) {
        var fields = new ArrayList<Schema.Field>();
        Schema optional =
                Schema.createUnion(List.of(Schema.create(Schema.Type.NULL), Schema.create(Schema.Type.STRING)));
        fields.add(new Schema.Field(ADDED, optional, null, Schema.Field.NULL_DEFAULT_VALUE));
        known.getFields().forEach(field -> fields.add(new Schema.Field(field, field.schema())));
        Schema newer =
                Schema.createRecord(known.getName(), known.getDoc(), known.getNamespace(), known.isError(), fields);
        known.getObjectProps().forEach(newer::addProp);
        return newer;
    }
}
