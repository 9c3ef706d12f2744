package dev.kappa.topologies.eventtime;

import dev.kappa.topologies.Input;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.metrics.Sensor;
import org.apache.kafka.streams.StreamsMetrics;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.processor.api.ProcessingContext;

/**
 * Tells whether a record comes too late for a window: when an earlier offset of its own source partition already carried
 * an event time at or past the window's end plus grace. That depends on the log alone. Kafka Streams tells by the newest
 * time an operator has seen, which behind a repartition depends on who read what when, and which a restart forgets.
 *
 * <p>Each record of a stream therefore carries, in a header, the newest event time of the earlier records of its source
 * partition. The header travels with what is computed from the record, also through repartition topics.
 *
 * <p>Belongs to one task; not thread-safe.
 */
public final class Lateness {

    /** Stands in the place of a partition's time where a record failed and is sent again: it is never late. */
    static final long SENT_AGAIN = -2;

    private static final String HEADER = "kappa.partition-time";

    private final StreamsMetrics metrics;
    private final Sensor late;
    private final LostResults lost;
    private long seenHere;
    private long partitionTime = Long.MIN_VALUE;

    /** Of an operator, whose late records are counted under its name. */
    public Lateness(ProcessingContext context, String operator) {
        this.metrics = context.metrics();
        TaskId task = context.taskId();
        // Kafka Streams commits the time of its partitions. A task that was restored continues from there: its stores
        // have dropped what
        // an operator without a memory would begin anew, and overwrite a right result with.
        this.seenHere = context.currentStreamTimeMs();
        // Kafka Streams names the metric "late-records-total"; the fleet's metrics are read under that name.
        this.late = metrics.addRateTotalSensor(
                "operator", operator + "-" + task, "late-records", Sensor.RecordingLevel.INFO);
        this.lost = LostResults.in(context.appConfigs());
    }

    /**
     * Marks a record.
     *
     * @param partitionTime how far its partition had come, as far as Kafka Streams knows; a mark that is there already says how
     *     far it had come by records that Kafka Streams was not given
     */
    static void mark(Headers headers, long partitionTime) {
        Header there = headers.lastHeader(HEADER);
        if (there == null) {
            headers.add(HEADER, bytes(partitionTime));
        } else if (partitionTime == SENT_AGAIN || number(there) < partitionTime) {
            headers.remove(HEADER);
            headers.add(HEADER, bytes(partitionTime));
        }
    }

    public static byte[] bytes(long number) {
        return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
    }

    /** A number and, behind it, a name. */
    public static byte[] bytes(long number, byte[] name) {
        return ByteBuffer.allocate(Long.BYTES + name.length)
                .putLong(number)
                .put(name)
                .array();
    }

    /** Whether a name stands behind the number. */
    public static boolean isNamed(Header header, byte[] name) {
        byte[] value = header.value();
        return Arrays.equals(value, Math.min(Long.BYTES, value.length), value.length, name, 0, name.length);
    }

    public static long number(Header header) {
        return ByteBuffer.wrap(header.value()).getLong();
    }

    public static void unmark(Headers headers) {
        headers.remove(HEADER);
    }

    /** The record that is asked about from now on. */
    public void of(Headers headers, long timestamp) {
        seenHere = Math.max(seenHere, timestamp);
        Header mark = headers.lastHeader(HEADER);
        partitionTime =
                mark != null ? number(mark) : headers.lastHeader(Input.FOR_VERSION) != null ? SENT_AGAIN : seenHere;
    }

    /** Whether the record failed and is sent again. */
    public boolean isSentAgain() {
        return partitionTime == SENT_AGAIN;
    }

    /** Whether the record comes too late for what was open until an instant; counts it if it does. */
    public boolean isTooLateFor(long closed) {
        if (partitionTime < closed) {
            return false;
        }
        late.record();
        return true;
    }

    /**
     * Whether a result of the record is lost because its store keeps only what is newer than an instant that this
     * operator has seen pass; counts it if it is. It happens when partitions are read further apart than the store bears.
     */
    public boolean isLostAt(long dropped) {
        if (seenHere < dropped) {
            return false;
        }
        if (isSentAgain()) {
            late.record();
            return true;
        }
        lost.lost();
        return true;
    }

    public void close() {
        metrics.removeSensor(late);
    }
}
