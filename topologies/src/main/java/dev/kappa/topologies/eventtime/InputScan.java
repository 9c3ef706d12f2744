package dev.kappa.topologies.eventtime;

import dev.kappa.avro.EncodedFields;
import dev.kappa.avro.FieldLocator;
import dev.kappa.avro.SchemaRegistryUnavailableException;
import dev.kappa.topologies.DataType;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.input.InputObserver;
import dev.kappa.topologies.serde.Serdes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Optional;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * Looks at an input's records before a view takes them up: what their event times are, and which the view is not about. Not
 * thread-safe.
 */
public final class InputScan {

    /** In the place of the event time of a record that has none that counts. */
    public static final long NO_TIME = Long.MIN_VALUE;

    private final EventTime eventTime;
    private final Deserializer<?> deserializer;
    private final InputObserver observer;
    private final Optional<EncodedFields> fields;
    private final byte[][] only;
    private final int onlyFrom;
    private final int[] found;
    private final boolean markable;

    /** Of an input whose records are read with these serdes, and observed so. */
    public InputScan(Input<?> input, Serdes serdes, InputObserver observer) {
        this.eventTime = new EventTime("", input, observer, new PromptCommits(observer), false);
        this.observer = observer;
        this.markable = observer.marksPartitionTime();
        DataType<?> type = DataType.of(input.type());
        this.deserializer = serdes.input(type);
        var names = new ArrayList<String>();
        Optional<Schema.Field> time = input.schema()
                .eventTime()
                .filter(field -> field.schema().getLogicalType() instanceof LogicalTypes.TimestampMillis);
        time.ifPresent(field -> names.add(field.name()));
        this.onlyFrom = names.size();
        input.only().forEach(wanted -> names.add(wanted.field()));
        this.only = input.only().stream()
                .map(wanted -> wanted.value().getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
        this.found = new int[names.size()];
        this.fields = time.isPresent() ? serdes.fields(type, names) : Optional.empty();
    }

    /**
     * The facts about a record of an input.
     *
     * @param time its event time, in milliseconds since the epoch; {@link #NO_TIME} when it has none that counts
     * @param needed whether the view has to see it: it is about it, or has to say what is wrong with it
     */
    public record Found(long time, boolean needed) {}

    /**
     * Looks at a record.
     *
     * @throws RuntimeException caused by a {@link SchemaRegistryUnavailableException} when it cannot be known now
     */
    public Found look(ConsumerRecord<byte[], byte[]> record) {
        byte[] value = record.value();
        if (!eventTime.fits(record)) {
            return new Found(NO_TIME, true);
        }
        if (value != null && fields.isPresent() && fields.get().locate(record.headers(), value, found)) {
            long time = eventTime.usableTime(record.timestamp(), FieldLocator.number(value, found[0]));
            if (time < 0) {
                return new Found(NO_TIME, true);
            }
            boolean plain = markable && record.key() != null && record.headers().lastHeader(Input.FOR_VERSION) == null;
            return new Found(time, !plain || isAbout(value));
        }
        return new Found(timeOf(record), true);
    }

    /** The facts about a record that a version itself has written to a repartition topic of a table. */
    public static Found carried(ConsumerRecord<byte[], byte[]> record) {
        return new Found(EventTime.carriedTime(record.headers()), true);
    }

    /** Whether the view is about an event whose fields have been located. */
    private boolean isAbout(byte[] value) {
        for (int field = 0; field < only.length; field++) {
            if (!FieldLocator.isText(value, found[onlyFrom + field], only[field])) {
                return false;
            }
        }
        return true;
    }

    private long timeOf(ConsumerRecord<byte[], byte[]> record) {
        Object value;
        try {
            value = deserializer.deserialize(record.topic(), record.headers(), record.value());
        } catch (RuntimeException unreadable) {
            if (SchemaRegistryUnavailableException.isCauseOf(unreadable)) {
                throw unreadable;
            }
            // The view will say so.
            return NO_TIME;
        }
        long time = eventTime.usableTime(record.timestamp(), value);
        return time < 0 ? NO_TIME : time;
    }

    /** Counts a record that is left out like one that the view has processed. */
    public void leftOut(ConsumerRecord<byte[], byte[]> record, long time) {
        observer.observed(record.topic(), record.partition(), time);
    }

    /** Takes off what a producer may have put in the place of {@link #mark}. */
    public static void unmark(Headers headers) {
        Lateness.unmark(headers);
    }

    /**
     * Tells the view how far a record's partition had come by records before it that were left out.
     *
     * @param time the latest of their event times
     */
    public static void mark(Headers headers, long time) {
        Lateness.mark(headers, time);
    }
}
