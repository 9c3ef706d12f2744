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
 * have been read up to these. An answer serves all events that had been written when it was asked for: of history, few polls ask. When
 * events have waited for some time, no more are read of their partitions: each would need a later end, and a table that is written all the time
 * would hold them for ever.
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

    /** Between the answer of a leader, or its failure, and the next question, while the partition has not been read to its end. */
    private static final long ASK_INTERVAL_MS = 1_000;

    /** Usually the next poll brings what events wait for. */
    private static final long SHORT_WAIT_MS = 100;

    private static final long UNKNOWN = -1;

    private static final class Table {

        /** The end up to which it has to be read. */
        private long end = UNKNOWN;

        private boolean isUnread;
        private long unreadSince;

        /** When its end is asked for next, if it is still unread; never while an answer is awaited. */
        private long askAt = Long.MIN_VALUE;
    }

    private final Map<String, Set<String>> joined;
    private final Map<TopicPartition, Table> tables = new HashMap<>();

    /** Of partitions of events, the offset before which all had been written when the ends of tables were asked for. */
    private final Map<TopicPartition, Long> covered = new HashMap<>();

    /**
     * Follows nothing yet.
     *
     * @param joined topics of tables, by the topics of the events that are joined with them
     */
    TableEnds(Map<String, Set<String>> joined) {
        this.joined = Map.copyOf(joined);
    }

    /** Whether the events of a topic are joined with tables. */
    boolean haveTables(String topic) {
        return joined.containsKey(topic);
    }

    /**
     * Takes note of the events that were read.
     *
     * @param events those partitions of which some were read, of topics that are joined with tables
     * @param assigned the partitions that the consumer reads now
     * @return the partitions of tables whose ends to ask for; an answer to an earlier question no longer counts for them
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
                if (!table.isUnread) {
                    table.isUnread = true;
                    table.unreadSince = now;
                }
                if (!isCovered) {
                    table.end = UNKNOWN;
                    table.askAt = now;
                }
            });
        });
        var ask = new HashSet<TopicPartition>();
        tables.forEach((partition, table) -> {
            if (table.isUnread && now >= table.askAt) {
                table.askAt = Long.MAX_VALUE;
                ask.add(partition);
            }
        });
        return ask;
    }

    private Stream<TopicPartition> tablesOf(TopicPartition events) {
        return joined.getOrDefault(events.topic(), Set.of()).stream()
                .map(table -> new TopicPartition(table, events.partition()));
    }

    /** Takes note of the end that the leader of a partition answered. */
    void answered(TopicPartition partition, long end, long now) {
        Table table = tables.get(partition);
        if (table != null) {
            // A later end is none that these events need; an earlier one is that of a log which has lost records.
            table.end = table.end == UNKNOWN ? end : Math.min(table.end, end);
            table.askAt = now + ASK_INTERVAL_MS;
        }
    }

    /** Takes note that the leader of a partition has not answered. */
    void notAnswered(TopicPartition partition, long now) {
        Table table = tables.get(partition);
        if (table != null) {
            table.askAt = now + ASK_INTERVAL_MS;
        }
    }

    /**
     * Compares the ends with how far the partitions have been read.
     *
     * @param positions tells the position of a partition; empty when it is not known
     */
    void compare(Function<TopicPartition, OptionalLong> positions) {
        tables.forEach((partition, table) -> {
            if (table.isUnread && table.end != UNKNOWN) {
                table.isUnread = positions.apply(partition).orElse(UNKNOWN) < table.end;
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

    /** Whether no more events of a partition should be read, because those that were wait for a table. */
    boolean areEnough(TopicPartition events, long now) {
        return tablesOf(events)
                .map(tables::get)
                .anyMatch(table -> table != null && table.isUnread && now - table.unreadSince >= SHORT_WAIT_MS);
    }
}
