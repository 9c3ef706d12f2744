package dev.kappa.topologies;

import dev.kappa.avro.EventSchema;
import java.time.Duration;
import java.time.Instant;
import org.apache.avro.generic.IndexedRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.processor.TimestampExtractor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.jspecify.annotations.Nullable;

/**
 * The event time of an input's records and the check that it can be used.
 *
 * <p>Kafka Streams stops a thread when an extractor throws, so the extractor gives an event whose time cannot be used the
 * time its partition has come to, which moves nothing, and {@link Check}, the first operator behind the source, turns
 * such an event away where the dead letters catch it.
 *
 * <p>What a table says holds from its record's time on, that instant included. Kafka Streams takes up records of a task
 * in order of time but leaves open which of two equal ones comes first, so a table's records are timed a millisecond
 * early. A table whose schema names no event time holds always.
 *
 * <p>Each event of a stream is marked with the time its partition had come to before it, see {@link Lateness}. Kafka
 * Streams keeps that time, commits it together with the offsets and hands it to the extractor.
 */
final class EventTime implements TimestampExtractor {

    /** How far an event may be ahead of the time of the log; one dated further ahead would make all after it late. */
    static final Duration MAX_AHEAD = Duration.ofHours(1);

    private static final long NONE = -1;

    private final Input<?> input;
    private final EventSchema schema;
    private final InputObserver observer;

    EventTime(Input<?> input, InputObserver observer) {
        this.input = input;
        this.schema = input.schema();
        this.observer = observer;
    }

    @Override
    public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
        long time = usableTime(record.timestamp(), record.value());
        observer.observed(record.topic(), record.partition(), time);
        if (input.role() == Input.Role.STREAM && observer.marksPartitionTime()) {
            Lateness.mark(record.headers(), partitionTime);
        }
        if (time == NONE) {
            long unmoved = Math.max(0, partitionTime);
            boolean looksUsable = unmoved == timeInTask(ownTime(record.timestamp(), record.value()));
            return looksUsable ? unmoved - 1 : unmoved;
        }
        return timeInTask(time);
    }

    /** The event time of a record with this log time and value; -1 when it cannot be used. */
    long usableTime(long logTime, @Nullable Object value) {
        long own = ownTime(logTime, value);
        // The log's own time is not believed when it has not come yet: a producer may have made it up.
        long latest = Math.min(logTime, System.currentTimeMillis()) + MAX_AHEAD.toMillis();
        return own >= 0 && own <= latest ? own : NONE;
    }

    private long ownTime(long logTime, @Nullable Object value) {
        if (value instanceof IndexedRecord event && schema.eventTime().isPresent()) {
            return schema.eventTimeOf(event).orElse(logTime);
        }
        // What is deleted from a table, and events without a time, say nothing but when they were written.
        return switch (input.role()) {
            case STREAM -> value == null ? NONE : logTime;
            case TABLE -> schema.eventTime().isEmpty() ? 0 : logTime;
        };
    }

    private long timeInTask(long time) {
        return input.role() == Input.Role.TABLE && time > 0 ? time - 1 : time;
    }

    /** Lets valid events through. */
    final class Check<V extends IndexedRecord> implements FixedKeyProcessor<String, V, V> {

        private @Nullable FixedKeyProcessorContext<String, V> context;

        @Override
        public void init(FixedKeyProcessorContext<String, V> context) {
            this.context = context;
        }

        @Override
        public void process(FixedKeyRecord<String, V> record) {
            if (record.key() == null) {
                throw new InvalidEventException("A record of " + input.topic() + " has no key; "
                        + schema.key()
                                .map(field -> "it should be the event's " + field.name())
                                .orElse("it needs one"));
            }
            V event = record.value();
            if (event == null) {
                if (input.role() == Input.Role.STREAM) {
                    throw new InvalidEventException(
                            "A record of " + input.topic() + " has no value; a stream has" + " nothing to delete");
                }
            } else if (schema.eventTimeOf(event)
                    .map(time -> timeInTask(time) != record.timestamp())
                    .orElse(false)) {
                throw new InvalidEventException("An event of " + input.topic() + " is dated "
                        + schema.eventTimeOf(event).map(Instant::ofEpochMilli).orElseThrow()
                        + ": before 1970, or more than " + MAX_AHEAD + " ahead of the time it was written");
            }
            if (context != null) {
                context.forward(record);
            }
        }
    }
}
