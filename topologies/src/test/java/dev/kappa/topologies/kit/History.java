package dev.kappa.topologies.kit;

import dev.kappa.topologies.Input;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/** What is in the input topics: records, those of each partition in the order of the log. Immutable. */
public final class History {

    private final List<InputRecord> records;
    private final Map<String, Map<String, List<Arrived<SpecificRecord>>>> tables = new ConcurrentHashMap<>();

    /** Of all records. */
    public History(List<InputRecord> records) {
        this.records = List.copyOf(records);
    }

    /** All records. */
    public List<InputRecord> records() {
        return records;
    }

    /**
     * A valid event, as an oracle sees it.
     *
     * @param partition its partition
     * @param key its key
     * @param value what happened; null when a table's entry is deleted
     * @param at event time, in milliseconds since the epoch
     * @param partitionTime the newest event time of earlier records of its partition; -1 when there are none
     * @param <V> type of the events
     */
    public record Arrived<V>(
            int partition, String key, @Nullable V value, long at, long partitionTime) {
        /** Whether it came too late for what was open until an instant. */
        public boolean isTooLateFor(long closed) {
            return partitionTime >= closed;
        }
    }

    /** The valid events of an input, in the order of each partition. */
    @SuppressWarnings("unchecked") // The records of an input hold values of its type.
    public <V extends SpecificRecord> List<Arrived<V>> arrived(Input<V> input) {
        Map<Integer, Long> newest = new HashMap<>();
        var arrived = new ArrayList<Arrived<V>>();
        for (InputRecord record : records) {
            if (!record.input().topic().equals(input.topic()) || record.form() == InputRecord.Form.UNREADABLE) {
                continue;
            }
            boolean deletes = record.value() == null;
            if (deletes && input.role() == Input.Role.STREAM) {
                continue;
            }
            long written = record.writtenAt().toEpochMilli();
            long at = deletes
                    ? written
                    : input.schema()
                            .eventTimeOf(Objects.requireNonNull(record.value()))
                            .orElse(written);
            if (at < 0 || at > written + Duration.ofHours(1).toMillis()) {
                continue;
            }
            long before = newest.getOrDefault(record.partition(), -1L);
            newest.put(record.partition(), Math.max(before, at));
            if (record.key() != null) {
                arrived.add(new Arrived<>(record.partition(), record.key(), (V) record.value(), at, before));
            }
        }
        return arrived;
    }

    /**
     * What a table says of a key as of a time, that instant included; of two entries of the same time, the later in the
     * log counts.
     */
    @SuppressWarnings("unchecked") // The records of an input hold values of its type.
    public <V extends SpecificRecord> @Nullable V asOf(Input<V> table, String key, long at) {
        Map<String, List<Arrived<SpecificRecord>>> entries = tables.computeIfAbsent(
                table.topic(),
                _ -> ((List<Arrived<SpecificRecord>>) (List<?>) arrived(table))
                        .stream().collect(Collectors.groupingBy(Arrived::key)));
        Arrived<SpecificRecord> found = null;
        for (Arrived<SpecificRecord> entry : entries.getOrDefault(key, List.of())) {
            if (entry.at() <= at && (found == null || entry.at() >= found.at())) {
                found = entry;
            }
        }
        return found == null ? null : (V) found.value();
    }
}
