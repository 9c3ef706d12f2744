package dev.kappa.avro;

import java.time.Instant;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;
import org.jspecify.annotations.Nullable;

/**
 * The properties of an event's schema: the property {@code kappa.key} names the field that is the record's key,
 * {@code kappa.event-time} the field (a {@code timestamp-millis}) that is its event time.
 */
public record EventSchema(Schema schema, Optional<Schema.Field> key, Optional<Schema.Field> eventTime) {

    public static final String KEY = "kappa.key";
    public static final String EVENT_TIME = "kappa.event-time";

    /**
     * Reads the properties of a record schema.
     *
     * @throws IllegalArgumentException when a property names a field that the schema does not have
     */
    public static EventSchema of(Schema schema) {
        return new EventSchema(schema, field(schema, KEY), field(schema, EVENT_TIME));
    }

    /**
     * The event time of an event of this schema, in milliseconds since the epoch; empty when the schema names none or
     * the field is null.
     */
    public Optional<Long> eventTimeOf(IndexedRecord event) {
        return eventTime.map(field -> millis(event.get(field.pos())));
    }

    private static @Nullable Long millis(@Nullable Object time) {
        return switch (time) {
            case Instant instant -> instant.toEpochMilli();
            case Long millis -> millis;
            case null, default -> null;
        };
    }

    private static Optional<Schema.Field> field(Schema schema, String property) {
        return Optional.ofNullable(schema.getProp(property))
                .map(name -> Optional.ofNullable(schema.getField(name))
                        .orElseThrow(() -> new IllegalArgumentException("Schema " + schema.getFullName() + " says "
                                + property + "=" + name + " but has no such field")));
    }
}
