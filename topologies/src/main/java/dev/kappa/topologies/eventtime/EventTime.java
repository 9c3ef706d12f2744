package dev.kappa.topologies.eventtime;

import static java.util.Objects.requireNonNull;

import dev.kappa.avro.EventSchema;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.InputSettings;
import dev.kappa.topologies.InputSettings.Keying;
import dev.kappa.topologies.InvalidEventException;
import dev.kappa.topologies.input.InputObserver;
import dev.kappa.topologies.input.InputProblem;
import dev.kappa.topologies.input.KeyBytes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.streams.processor.TimestampExtractor;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.jspecify.annotations.Nullable;

/**
 * The event time and the key of an input's records, and the check that they can be used.
 *
 * <p>Kafka Streams stops a thread when an extractor throws, so the extractor gives an event whose time cannot be used the
 * time its partition has come to, which moves nothing, and {@link Check}, the first operator behind the source, turns
 * such an event away where the dead letters catch it.
 *
 * <p>What a table says holds from its record's time on, that instant included; a table whose schema names no event time
 * holds always. A table's records are processed before all other records that a task has, in the order of their log and
 * whatever their time, since a join looks up what a table said as of a time and must not miss what is there to be known.
 * Kafka Streams processes the earliest record first, so it is given the first instant for all of them; {@link Check} gives them
 * their time back.
 *
 * <p>Each event of a stream is marked with the time its partition had come to before it, see {@link Lateness}. Kafka
 * Streams keeps that time, commits it together with the offsets and hands it to the extractor.
 */
public final class EventTime implements TimestampExtractor {

    /**
     * Header of a part that a view has made of events of one window: the start of the window, and the operator that it is for. A dead
     * letter keeps it, so that a part that is sent again counts in its window only.
     */
    public static final String WINDOW_HEADER = "kappa.window";

    /**
     * Header of what several events were combined into, as error handlers see it; it is never written. Such a part is no dead letter:
     * its events are processed again, each alone.
     */
    public static final String COMBINED_HEADER = "kappa.combined";

    /** How far the time of a log may be ahead of this host's clock: far more than clocks differ. */
    private static final long LOG_AHEAD_MS = Duration.ofDays(1).toMillis();

    private static final long NONE = -1;

    private static final String TIME_OF_TABLE_RECORD = "kappa.event-time";

    /** Header of a record that the extractor found to be unusable: why. */
    private static final String UNUSABLE = "kappa.unusable";

    /** Header of a record whose time cannot be used: when it was written. */
    private static final String LOG_TIME = "kappa.log-time";

    private final String version;
    private final Input<?> input;
    private final EventSchema schema;
    private final InputObserver observer;
    private final PromptCommits commits;
    private final boolean isRekeyed;
    private final boolean isKeyedByRecord;
    private final long maxAhead;
    private final int maxBytes;
    private int partitions;

    /**
     * Of one input.
     *
     * @param isRekeyed whether its records go through a repartition topic before anything depends on their key
     */
    public EventTime(String version, Input<?> input, InputObserver observer, PromptCommits commits, boolean isRekeyed) {
        this.version = version;
        this.commits = commits;
        this.input = input;
        this.schema = input.schema();
        this.observer = observer;
        this.isRekeyed = isRekeyed;
        this.isKeyedByRecord = input.settings().keying() == Keying.RECORD;
        this.maxAhead = input.settings().maxAhead().toMillis();
        this.maxBytes = observer.maxRecordBytes();
    }

    @Override
    public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
        Headers headers = record.headers();
        if (headers.toArray().length > 0) {
            // Of the view's own records only.
            headers.remove(WINDOW_HEADER);
            headers.remove(UNUSABLE);
            headers.remove(LOG_TIME);
        }
        try {
            if (!fits(record)) {
                throw new InvalidEventException("The record has more than " + maxBytes
                        + " bytes; a record so large cannot be passed on (kappa.topics.max-message-bytes)");
            }
            return extracted(record, partitionTime);
        } catch (RuntimeException | StackOverflowError e) {
            // An exception here would end the thread, not the record.
            headers.add(UNUSABLE, String.valueOf(e.getMessage()).getBytes(StandardCharsets.UTF_8));
            headers.add(LOG_TIME, Lateness.bytes(record.timestamp()));
            observer.observed(record.topic(), record.partition(), NONE);
            return input.role() == Input.Role.TABLE ? 0 : Math.max(0, partitionTime);
        }
    }

    private long extracted(ConsumerRecord<Object, Object> record, long partitionTime) {
        Headers headers = record.headers();
        long own = ownTime(record.timestamp(), record.value());
        long time = usableTime(record.timestamp(), own);
        observer.observed(record.topic(), record.partition(), time);
        if (time == NONE && own > 0) {
            observer.found(
                    input.topic(),
                    InputProblem.AHEAD_OF_LOG,
                    Instant.ofEpochMilli(own) + ", written at " + Instant.ofEpochMilli(record.timestamp()));
        }
        if (isKeyedByRecord && !isRekeyed && record.key() instanceof String key) {
            checkPartition(key, record);
        }
        if (input.role() == Input.Role.TABLE) {
            headers.remove(TIME_OF_TABLE_RECORD);
            headers.add(TIME_OF_TABLE_RECORD, Lateness.bytes(time));
            return 0;
        }
        if (observer.marksPartitionTime()) {
            // An event that failed, and is sent again once the cause is gone, comes as late as an operator chose to.
            Lateness.mark(headers, addressee(headers).isEmpty() ? partitionTime : Lateness.SENT_AGAIN);
        } else {
            Lateness.unmark(headers);
        }
        if (time == NONE) {
            headers.add(LOG_TIME, Lateness.bytes(record.timestamp()));
        }
        if (time == NONE && own == record.timestamp()) {
            // Its own time cannot be told from that of the partition later on.
            headers.add(UNUSABLE, datedWrongly(own).getBytes(StandardCharsets.UTF_8));
        }
        if (time == NONE || isForAnother(headers)) {
            long unmoved = Math.max(0, partitionTime);
            return unmoved == own ? unmoved - 1 : unmoved;
        }
        return time;
    }

    /** Whether the record, as it is in memory, is small enough to be passed on. */
    boolean fits(ConsumerRecord<?, ?> record) {
        long bytes = (long) Math.max(0, record.serializedKeySize()) + Math.max(0, record.serializedValueSize());
        // An array, unlike an iterator, is not allocated when there are no headers.
        for (Header header : record.headers().toArray()) {
            bytes += header.key().length() + (header.value() == null ? 0 : header.value().length);
        }
        return bytes <= maxBytes;
    }

    private void checkPartition(String key, ConsumerRecord<?, ?> record) {
        if (partitions == 0) {
            partitions = observer.partitions(input.topic());
            if (partitions == 0) {
                return;
            }
        }
        int expected = KeyBytes.partition(key.getBytes(StandardCharsets.UTF_8), partitions);
        if (expected != record.partition()) {
            observer.found(
                    input.topic(),
                    InputProblem.MISPLACED_KEY,
                    "a key is on partition " + record.partition() + " instead of " + expected);
        }
    }

    /**
     * When a record was written, in milliseconds since the epoch. Kafka Streams is given another time for a record whose own cannot
     * be used.
     *
     * @param given the time that Kafka Streams was given
     */
    public static long logTime(Headers headers, long given) {
        Header logTime = headers.lastHeader(LOG_TIME);
        // A producer may have sent anything by this name, and a record that cannot be read has not been here.
        boolean isTime = logTime != null && logTime.value() != null && logTime.value().length == Long.BYTES;
        return isTime ? Lateness.number(logTime) : given;
    }

    /** The version that a record is sent to alone; none for nearly all. */
    private static Optional<String> addressee(Headers headers) {
        return Optional.ofNullable(headers.lastHeader(Input.FOR_VERSION))
                .map(header -> header.value() == null ? "" : new String(header.value(), StandardCharsets.UTF_8));
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
        // A producer may have made the log's time up. Clocks of hosts differ, so that a little ahead says nothing.
        long latest = Math.min(logTime, observer.present() + LOG_AHEAD_MS) + maxAhead;
        return own >= 0 && own <= latest ? own : NONE;
    }

    private long ownTime(long logTime, @Nullable Object value) {
        if (value instanceof IndexedRecord event && schema.eventTime().isPresent()) {
            return schema.eventTimeOf(event).orElse(logTime);
        }
        // Deletions from a table, and events without a time, have only the time at which they were written.
        return switch (input.role()) {
            case STREAM -> value == null ? NONE : logTime;
            case TABLE -> schema.eventTime().isEmpty() ? 0 : logTime;
        };
    }

    private String datedWrongly(long time) {
        return "An event of " + input.topic() + " is dated "
                + (time == NONE ? "by its log" : Instant.ofEpochMilli(time))
                + ": before 1970, or more than " + input.settings().maxAhead()
                + " ahead of the time it was written (see "
                + InputSettings.parameterName(input.topic(), "max-ahead") + ")";
    }

    /** Lets valid events through that the view is about. */
    public final class Check<V extends IndexedRecord> implements FixedKeyProcessor<String, V, V> {

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
            Header unusable = record.headers().lastHeader(UNUSABLE);
            if (unusable != null) {
                throw new InvalidEventException(new String(unusable.value(), StandardCharsets.UTF_8));
            }
            V event = record.value();
            if (event == null && input.role() == Input.Role.STREAM) {
                throw new InvalidEventException(
                        "A record of " + input.topic() + " has no value; a stream has nothing to delete");
            }
            checkKey(record.key(), event);
            long time = timeOf(record);
            if (time == NONE) {
                throw new InvalidEventException(datedWrongly(
                        Optional.ofNullable(event).flatMap(schema::eventTimeOf).orElse(NONE)));
            }
            if (context != null && (event == null || input.isAbout(event))) {
                // A table's record that is passed on through a repartition topic keeps its place before all others.
                boolean keepsPlace = isRekeyed && input.role() == Input.Role.TABLE;
                context.forward(keepsPlace ? record : record.withTimestamp(time));
            }
        }

        private void checkKey(@Nullable String key, @Nullable V event) {
            Schema.@Nullable Field field = schema.key().orElse(null);
            Object value = event == null || field == null ? null : event.get(field.pos());
            if (input.settings().keying() == Keying.FIELD) {
                if (event == null ? key == null : value == null) {
                    throw new InvalidEventException(
                            event == null
                                    ? "The key of a tombstone in " + input.topic()
                                            + " is neither text nor text in Avro, so that" + " it deletes nothing"
                                    : "An event of " + input.topic() + " has no "
                                            + requireNonNull(field).name() + ", which is its key");
                }
                return;
            }
            if (key == null) {
                observer.found(input.topic(), InputProblem.NO_KEY, "a record without a key");
                throw new InvalidEventException("A record of " + input.topic() + " has no key; "
                        + (field == null ? "it needs one" : "it should be the event's " + field.name())
                        + ". Key the input by its field: set " + parameter("key") + "=field");
            }
            if (isKeyedByRecord
                    && event != null
                    && field != null
                    && (value == null || !key.contentEquals(value.toString()))) {
                observer.found(input.topic(), InputProblem.OTHER_KEY, "a record with another key than its field");
                throw new InvalidEventException("The key of a record of " + input.topic() + " is not the text of "
                        + field.name() + ", the event's key field. Correct its producer, or set " + parameter("key")
                        + "=field");
            }
        }

        private String parameter(String setting) {
            return InputSettings.parameterName(input.topic(), setting);
        }

        private long timeOf(FixedKeyRecord<String, V> record) {
            if (input.role() == Input.Role.TABLE) {
                long time = Lateness.number(record.headers().lastHeader(TIME_OF_TABLE_RECORD));
                if (!isRekeyed) {
                    record.headers().remove(TIME_OF_TABLE_RECORD);
                }
                return time;
            }
            return schema.eventTimeOf(record.value()).orElse(record.timestamp()) == record.timestamp()
                    ? record.timestamp()
                    : NONE;
        }
    }

    /** The key of a record of an input that is keyed by its field. */
    public <V extends IndexedRecord> String keyOf(@Nullable String key, @Nullable V event) {
        return event == null
                ? requireNonNull(key)
                : event.get(schema.key().orElseThrow().pos()).toString();
    }

    /** Gives records of a table that have come through a repartition topic their time back. */
    public static final class TimeOfTable<V> extends ContextualFixedKeyProcessor<String, V, V> {
        @Override
        public void process(FixedKeyRecord<String, V> record) {
            long time = Lateness.number(record.headers().lastHeader(TIME_OF_TABLE_RECORD));
            record.headers().remove(TIME_OF_TABLE_RECORD);
            context().forward(record.withTimestamp(time));
        }
    }

    /** The event time that a table's record carries through a repartition topic; {@link InputScan#NO_TIME} without one. */
    static long carriedTime(Headers headers) {
        Header carried = headers.lastHeader(TIME_OF_TABLE_RECORD);
        return carried == null ? InputScan.NO_TIME : Lateness.number(carried);
    }
}
