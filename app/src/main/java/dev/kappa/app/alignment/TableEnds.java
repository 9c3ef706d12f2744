package dev.kappa.app.alignment;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;

/**
 * Decides whether one consumer knows where the partitions of tables end. Kafka's consumer takes the end that its last answer named, however long
 * ago that was: it does not notice that more has been written while the leader of a partition is frozen or cut off, or has lost its role, or while
 * the consumer itself is not polled. An event would be joined with a table that lacks records from before the event.
 *
 * <p>Such a partition counts as read to its end again once it has been read to an end that its leader has named since. Does no I/O; not
 * thread-safe. Times are in milliseconds, by a clock that is never set.
 */
final class TableEnds {

    /**
     * The leader of a partition, as the consumer knows it.
     *
     * @param id of the broker; negative when there is none
     * @param answers how many answers it has given to this consumer
     */
    record Leader(int id, double answers) {
        static final Leader NONE = new Leader(-1, 0);
    }

    /** Between questions to a leader that does not answer. */
    private static final long ASK_INTERVAL_MS = 1_000;

    private static final long NOT_NAMED = -1;

    private static final class Followed {
        private Leader leader;
        private long answeredAt;
        private boolean isUnknown = true;

        /** When its end is asked for next. */
        private long askAt;

        /** The end up to which it has to be read. */
        private long end = NOT_NAMED;

        Followed(Leader leader, long now) {
            this.leader = leader;
            this.answeredAt = now;
            this.askAt = now;
        }

        void doubt(long firstAskAt) {
            isUnknown = true;
            askAt = firstAskAt;
            end = NOT_NAMED;
        }
    }

    private final long answerInterval;
    private final long longestAnswer;
    private final Map<TopicPartition, Followed> followed = new HashMap<>();
    private long lookedAt;

    /**
     * Follows nothing yet.
     *
     * @param answerInterval how long a leader waits for records before it answers, at most
     * @param overdue how much longer its answer may take
     */
    TableEnds(long answerInterval, long overdue) {
        this.answerInterval = answerInterval;
        this.longestAnswer = answerInterval + overdue;
    }

    /**
     * Takes note of the leaders of all partitions that the consumer reads now.
     *
     * @return the partitions whose ends to ask for
     */
    Set<TopicPartition> look(Map<TopicPartition, Leader> leaders, long now) {
        followed.keySet().retainAll(leaders.keySet());
        boolean wasAway = now - lookedAt > longestAnswer;
        lookedAt = now;
        var ask = new HashSet<TopicPartition>();
        leaders.forEach((partition, leader) -> {
            Followed table = followed.computeIfAbsent(partition, _ -> new Followed(leader, now));
            if (leader.id() != table.leader.id()) {
                // The new one may answer a question first that does not ask for this partition yet.
                table.doubt(now + answerInterval);
                table.answeredAt = now;
            } else if (leader.answers() != table.leader.answers()) {
                table.answeredAt = now;
            }
            table.leader = leader;
            if (!table.isUnknown && (wasAway || now - table.answeredAt > longestAnswer)) {
                table.doubt(now);
            }
            if (table.isUnknown && table.end == NOT_NAMED && now >= table.askAt) {
                table.askAt = now + ASK_INTERVAL_MS;
                ask.add(partition);
            }
        });
        return ask;
    }

    /** Takes note of the end that the leader of a partition has named. */
    void named(TopicPartition partition, long end, long now) {
        Followed table = followed.get(partition);
        if (table != null) {
            table.end = end;
            table.answeredAt = now;
        }
    }

    /**
     * The partitions that have to be read to an end that was named.
     *
     * @param assigned the partitions that the consumer reads now; it has no position in others. Asked only when there are any
     */
    Set<TopicPartition> unread(Supplier<Set<TopicPartition>> assigned) {
        var unread = new HashSet<TopicPartition>();
        followed.forEach((partition, table) -> {
            if (table.end != NOT_NAMED) {
                unread.add(partition);
            }
        });
        if (!unread.isEmpty()) {
            unread.retainAll(assigned.get());
        }
        return unread;
    }

    /** Takes note of how far a partition has been read. */
    void read(TopicPartition partition, long position) {
        Followed table = followed.get(partition);
        if (table != null && table.end != NOT_NAMED && position >= table.end) {
            table.isUnknown = false;
            table.end = NOT_NAMED;
        }
    }

    /** Whether a partition may hold records that the consumer knows nothing of. */
    boolean isUnknown(TopicPartition partition) {
        Followed table = followed.get(partition);
        return table != null && table.isUnknown;
    }
}
