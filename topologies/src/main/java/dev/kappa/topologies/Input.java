package dev.kappa.topologies;

import dev.kappa.avro.EventSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;

/**
 * A topic a view reads. Its values are records of a generated class whose schema names the event time and the field that is
 * the key; its keys are the text of that field, unless the settings say otherwise.
 *
 * @param topic name of the topic
 * @param role how it is read
 * @param type class of the values
 * @param joinedWith another input's topic that this one is joined with by key as both are, without a repartition between:
 *     the two need the same number of partitions
 * @param only what those of a stream's events are that the view is about: all of it
 * @param settings how records that others write are taken; versions may have other ones
 * @param <V> class of the values
 */
public record Input<V extends SpecificRecord>(
        String topic, Role role, Class<V> type, Optional<String> joinedWith, List<Only> only, InputSettings settings) {

    /**
     * Header of a dead letter that is sent again: the output topic of the version it is meant for. All other versions leave
     * the record out; a later one of the same view reads the original.
     */
    public static final String FOR_VERSION = "kappa.for-version";

    /** How an input is read. */
    public enum Role {
        /** Every record is an event. A record without a value is invalid. */
        STREAM,
        /** A record replaces what its key held before; one without a value removes it. */
        TABLE
    }

    /**
     * Events by the text of one of their fields.
     *
     * @param field name of the field
     * @param value what it says
     */
    public record Only(String field, String value) {

        /** Whether an event is one of these. */
        boolean admits(IndexedRecord event) {
            Schema.Field at = event.getSchema().getField(field);
            return at != null && value.contentEquals(String.valueOf(event.get(at.pos())));
        }
    }

    /** An input. */
    public Input {
        only = List.copyOf(only);
        if (settings.keying() == InputSettings.Keying.FIELD
                && EventSchema.of(SpecificData.get().getSchema(type)).key().isEmpty()) {
            throw new IllegalArgumentException("Input " + topic + " cannot be keyed by a field: the schema of "
                    + type.getName() + " has no property " + EventSchema.KEY);
        }
        if (settings.keying() == InputSettings.Keying.UNUSED && role == Role.TABLE) {
            throw new IllegalArgumentException(
                    "Input " + topic + " is a table; a table's records replace those of their key");
        }
    }

    public static <V extends SpecificRecord> Input<V> stream(String topic, Class<V> type) {
        return new Input<>(topic, Role.STREAM, type, Optional.empty(), List.of(), InputSettings.DEFAULT);
    }

    public static <V extends SpecificRecord> Input<V> table(String topic, Class<V> type) {
        return new Input<>(topic, Role.TABLE, type, Optional.empty(), List.of(), InputSettings.DEFAULT);
    }

    /**
     * This input, whose key is the schema's key field whatever the record's key is and wherever the record was placed.
     *
     * @throws IllegalArgumentException when the schema names no key field
     */
    public Input<V> keyedByField() {
        return keyed(InputSettings.Keying.FIELD);
    }

    /** This stream, of whose keys the view makes no use: it takes any key. */
    public Input<V> unkeyed() {
        return keyed(InputSettings.Keying.UNUSED);
    }

    private Input<V> keyed(InputSettings.Keying keying) {
        return withSettings(new InputSettings(keying, settings.maxAhead(), settings.otherTypes()));
    }

    /** This input with other settings. */
    public Input<V> withSettings(InputSettings other) {
        return new Input<>(topic, role, type, joinedWith, only, other);
    }

    /** This input, joined by key with another without a repartition between. */
    public Input<V> joinedWith(Input<?> other) {
        return new Input<>(topic, role, type, Optional.of(other.topic()), only, settings);
    }

    /**
     * This stream without the events of which a field has another value. They need not be decoded, only looked at; time advances by
     * them all the same. Of several fields that are named so, all must have their value.
     *
     * @param field name of a field of text
     * @param value what it must say
     * @throws IllegalArgumentException when this is no stream, its events have no such field, or the field is named already
     */
    public Input<V> only(String field, String value) {
        Schema.Field found = schema().schema().getField(field);
        if (role != Role.STREAM || found == null || found.schema().getType() != Schema.Type.STRING) {
            throw new IllegalArgumentException(
                    "Input " + topic + ": " + field + " is not a field of text of the events of a stream");
        }
        if (only.stream().anyMatch(other -> other.field().equals(field))) {
            throw new IllegalArgumentException("Input " + topic + ": " + field + " is to have two values at once");
        }
        var all = new ArrayList<>(only);
        all.add(new Only(field, value));
        return new Input<>(topic, role, type, joinedWith, all, settings);
    }

    /** Whether the view is about an event. */
    public boolean isAbout(IndexedRecord event) {
        for (Only wanted : only) {
            if (!wanted.admits(event)) {
                return false;
            }
        }
        return true;
    }

    /** Key and event time as the schema of the values declares them. */
    public EventSchema schema() {
        return EventSchema.of(SpecificData.get().getSchema(type));
    }
}
