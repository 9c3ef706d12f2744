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
 * <p>Kafka Streams stops a thread when an extractor throws, so the extractor gives the time of the log for an event whose
 * own time cannot be used, and {@link Check}, the first operator behind the source, turns such an event away where the
 * dead letters catch it.
 *
 * <p>What a table says holds from its record's time on, that instant included. Kafka Streams takes up records of a task
 * in order of time but leaves open which of two equal ones comes first, so a table's records are timed a millisecond
 * early.
 */
final class EventTime implements TimestampExtractor {

    /** How far an event may be ahead of the time of the log; one dated further ahead would make all after it late. */
    static final Duration MAX_AHEAD = Duration.ofHours(1);

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
        long time = record.value() instanceof IndexedRecord event
                ? schema.eventTimeOf(event)
                        .filter(at -> isUsable(at, record.timestamp()))
                        .orElse(record.timestamp())
                : record.timestamp();
        observer.observed(input.topic(), record.partition(), time);
        // Kafka Streams would drop a record of negative time without a word.
        return Math.max(0, timeInTask(time));
    }

    private long timeInTask(long time) {
        return input.role() == Input.Role.TABLE && time > 0 ? time - 1 : time;
    }

    private static boolean isUsable(long time, long logTime) {
        return time >= 0 && time <= logTime + MAX_AHEAD.toMillis();
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
                        + ": before 1970, or more than " + MAX_AHEAD + " ahead of the time it was written, "
                        + Instant.ofEpochMilli(record.timestamp()));
            }
            if (context != null) {
                context.forward(record);
            }
        }
    }
}
