package dev.kappa.app.alignment;

import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;

/**
 * The tables that a version's joins look up.
 *
 * @param byEvents topics of tables, by the topics of the events that are joined with them. Partitions of the same number are read in one task
 * @param askForEnds asks leaders where partitions of tables end, for readers of what is committed. Returns at once; called on stream threads
 */
public record JoinedTables(
        Map<String, Set<String>> byEvents,
        Function<Set<TopicPartition>, Map<TopicPartition, KafkaFuture<Long>>> askForEnds) {

    public JoinedTables {
        byEvents = Map.copyOf(byEvents);
    }
}
