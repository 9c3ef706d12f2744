package dev.kappa.topologies;

import dev.kappa.avro.EventSchema;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.apache.avro.generic.IndexedRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
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
 * <p>What a table says holds from its record's time on, that instant included; a table whose schema names no event time
 * holds always. A table's records are processed before all other records that a task has, in the order of their log and
 * whatever their time, since a join looks up what a table said as of a time and must not miss what is there to be known.
 * Kafka Streams takes up first what is earliest, so for it they are all of the first instant; {@link Check} gives them
 * their time back.
 *
 * <p>Each event of a stream is marked with the time its partition had come to before it, see {@link Lateness}. Kafka
 * Streams keeps that time, commits it together with the offsets and hands it to the extractor.
 */
final class EventTime implements TimestampExtractor {

    /** How far an event may be ahead of the time of the log; one dated further ahead would make all after it late. */
    static final Duration MAX_AHEAD = Duration.ofHours(1);

    private static final long NONE = -1;

    private static final String TIME_OF_TABLE_RECORD = "kappa.event-time";

    private final String version;
    private final Input<?> input;
    private final EventSchema schema;
    private final InputObserver observer;
    private final PromptCommits commits;

    EventTime(String version, Input<?> input, InputObserver observer, PromptCommits commits) {
        this.version = version;
        this.commits = commits;
        this.input = input;
        this.schema = input.schema();
        this.observer = observer;
    }

    @Override
    public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
        long time = usableTime(record.timestamp(), record.value());
        observer.observed(record.topic(), record.partition(), time);
        // Of the view's own records only.
        record.headers().remove(OpenWindows.WINDOW);
        if (input.role() == Input.Role.TABLE) {
            record.headers().add(TIME_OF_TABLE_RECORD, Lateness.bytes(time));
            return 0;
        }
        if (observer.marksPartitionTime()) {
            // An event that failed, and is sent again once that is mended, comes as late as somebody chose to.
            Lateness.mark(
                    record.headers(), addressee(record.headers()).isEmpty() ? partitionTime : Lateness.SENT_AGAIN);
        }
        if (time == NONE || isForAnother(record.headers())) {
            long unmoved = Math.max(0, partitionTime);
            return unmoved == ownTime(record.timestamp(), record.value()) ? unmoved - 1 : unmoved;
        }
        return time;
    }

    /** The version that a record is sent to alone; none for nearly all. */
    private static Optional<String> addressee(Headers headers) {
        return Optional.ofNullable(headers.lastHeader(Input.FOR_VERSION))
                .map(header -> new String(header.value(), StandardCharsets.UTF_8));
    }

    private boolean isForAnother(Headers headers) {
        return addressee(headers).filter(name -> !name.equals(version)).isPresent();
    }

    /** The event time of a record with this log time and value; -1 when it cannot be used. */
    long usableTime(long logTime, @Nullable Object value) {
        return usableTime(logTime, ownTime(logTime, value));
    }

    /** The same of a record that is dated so. */
    long usableTime(long logTime, long own) {
        // The log's own time is not believed when it has not come yet: a producer may have made it up.
        long latest = Math.min(logTime, observer.present()) + MAX_AHEAD.toMillis();
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

    /** Lets valid events through that the view is about. */
    final class Check<V extends IndexedRecord> implements FixedKeyProcessor<String, V, V> {

        private @Nullable FixedKeyProcessorContext<String, V> context;

        @Override
        public void init(FixedKeyProcessorContext<String, V> context) {
            this.context = context;
        }

        @Override
        public void process(FixedKeyRecord<String, V> record) {
            if (context != null) {
                commits.worked(context);
            }
            if (isForAnother(record.headers())) {
                return;
            }
            record.headers().remove(Input.FOR_VERSION);
            if (record.key() == null) {
                throw new InvalidEventException("A record of " + input.topic() + " has no key; "
                        + schema.key()
                                .map(field -> "it should be the event's " + field.name())
                                .orElse("it needs one"));
            }
            V event = record.value();
            if (event == null && input.role() == Input.Role.STREAM) {
                throw new InvalidEventException(
                        "A record of " + input.topic() + " has no value; a stream has nothing to delete");
            }
            long time = timeOf(record);
            if (time == NONE) {
                throw new InvalidEventException("An event of " + input.topic() + " is dated "
                        + Optional.ofNullable(event)
                                .flatMap(schema::eventTimeOf)
                                .map(millis -> Instant.ofEpochMilli(millis).toString())
                                .orElse("by its log")
                        + ": before 1970, or more than " + MAX_AHEAD + " ahead of the time it was written");
            }
            if (context != null && (event == null || input.isAbout(event))) {
                context.forward(record.withTimestamp(time));
            }
        }

        private long timeOf(FixedKeyRecord<String, V> record) {
            if (input.role() == Input.Role.TABLE) {
                long time = Lateness.number(record.headers().lastHeader(TIME_OF_TABLE_RECORD));
                record.headers().remove(TIME_OF_TABLE_RECORD);
                return time;
            }
            return schema.eventTimeOf(record.value()).orElse(record.timestamp()) == record.timestamp()
                    ? record.timestamp()
                    : NONE;
        }
    }
}
