package dev.kappa.app.alignment;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;

/**
 * Decides whether one consumer has read tables as far as the events that it has read may need them. Kafka's consumer takes the end that its
 * last answer named for the end of a partition, however long ago that was: it does not notice that more has been written while its thread is
 * busy, while the leader of the partition is frozen or cut off, or has lost its role. An event would be joined with a table that lacks
 * records from before the event.
 *
 * <p>The leaders of tables are therefore asked for their ends once events have been read, and the events wait until the tables of their task
 * have been read up to these. An answer serves all events that had been written when it was asked for: of history, few polls ask. While
 * events wait, no others of their task are read, so that they wait for one end, and not for those that a busy table has later.
 *
 * <p>Does no I/O; not thread-safe. Times are in milliseconds, by a clock that is never set.
 */
final class TableEnds {

    /**
     * How far a partition of events has been read.
     *
     * @param position offset of the next record
     * @param end offset up to which the consumer knows of records
     */
    record Progress(long position, long end) {}

    /** Between questions to a leader that does not answer, or while a partition has not been read to the end that it has named. */
    private static final long ASK_INTERVAL_MS = 1_000;

    private static final long NOT_NAMED = -1;

    private static final class Table {

        /** The end up to which it has to be read. */
        private long end = NOT_NAMED;

        private boolean isUnread;

        /** When its end is asked for next, if it is still unread. */
        private long askAt = Long.MIN_VALUE;
    }

    private final Map<String, Set<String>> joined;
    private final Map<TopicPartition, Table> tables = new HashMap<>();

    /** Of partitions of events, the offset before which all had been written when the ends of tables were asked for. */
    private final Map<TopicPartition, Long> covered = new HashMap<>();

    /**
     * Follows nothing yet.
     *
     * @param joined topics of tables, by the topics of events that are read in the same task
     */
    TableEnds(Map<String, Set<String>> joined) {
        this.joined = Map.copyOf(joined);
    }

    /** Whether the events of a topic are joined with tables. */
    boolean areJoined(String topic) {
        return joined.containsKey(topic);
    }

    /**
     * Takes note of the events that were read.
     *
     * @param events those partitions of which some were read, of topics that are joined with tables
     * @param assigned the partitions that the consumer reads now
     * @return the partitions of tables whose ends to ask for
     */
    Set<TopicPartition> read(Map<TopicPartition, Progress> events, Set<TopicPartition> assigned, long now) {
        tables.keySet().retainAll(assigned);
        covered.keySet().retainAll(assigned);
        events.forEach((partition, progress) -> {
            long before = covered.getOrDefault(partition, 0L);
            // A log that ends before that has lost records, and others may have taken their offsets.
            boolean isCovered = progress.position() <= before && before <= progress.end();
            if (!isCovered) {
                covered.put(partition, progress.end());
            }
            tablesOf(partition).filter(assigned::contains).forEach(joinedPartition -> {
                Table table = tables.computeIfAbsent(joinedPartition, _ -> new Table());
                table.isUnread = true;
                if (!isCovered && table.end != NOT_NAMED) {
                    table.end = NOT_NAMED;
                    table.askAt = now;
                }
            });
        });
        var ask = new HashSet<TopicPartition>();
        tables.forEach((partition, table) -> {
            if (table.isUnread && now >= table.askAt) {
                table.askAt = now + ASK_INTERVAL_MS;
                ask.add(partition);
            }
        });
        return ask;
    }

    private Stream<TopicPartition> tablesOf(TopicPartition events) {
        return joined.getOrDefault(events.topic(), Set.of()).stream()
                .map(table -> new TopicPartition(table, events.partition()));
    }

    /** Takes note of the ends that leaders have named. */
    void named(Map<TopicPartition, Long> ends) {
        ends.forEach((partition, end) -> {
            Table table = tables.get(partition);
            if (table != null) {
                table.end = end;
            }
        });
    }

    /**
     * Compares the ends that were named with how far the partitions have been read.
     *
     * @param positions tells the position of a partition; empty when it is not known
     */
    void compare(Function<TopicPartition, OptionalLong> positions) {
        tables.forEach((partition, table) -> {
            if (table.isUnread && table.end != NOT_NAMED) {
                table.isUnread = positions.apply(partition).orElse(NOT_NAMED) < table.end;
            }
        });
    }

    /** Whether a partition of a table may hold records that events need which have been read. */
    boolean isUnread(TopicPartition partition) {
        Table table = tables.get(partition);
        return table != null && table.isUnread;
    }

    /** Whether events wait for tables. */
    boolean isWaiting() {
        return tables.values().stream().anyMatch(table -> table.isUnread);
    }

    /** Whether the events of a partition wait for a table. */
    boolean isWaiting(TopicPartition events) {
        return tablesOf(events).anyMatch(this::isUnread);
    }
}
