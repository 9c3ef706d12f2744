package dev.kappa.app.alignment;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.TopologyDescription;

/**
 * The tables that a version's joins look up.
 *
 * @param byEvents topics of tables, by the topics of events that are read in the same task
 * @param ends asks leaders where partitions of tables end, for readers of what is committed; leaves out those that do not answer soon. Called
 *     on stream threads, which wait for it
 */
public record JoinedTables(
        Map<String, Set<String>> byEvents, Function<Set<TopicPartition>, Map<TopicPartition, Long>> ends) {

    /**
     * Those of a topology.
     *
     * @param tables the topics of tables, as the topology names them
     * @param onCluster names a topic of the topology on the cluster
     * @param ends asks where partitions of tables end
     */
    public static JoinedTables of(
            TopologyDescription topology,
            Set<String> tables,
            UnaryOperator<String> onCluster,
            Function<Set<TopicPartition>, Map<TopicPartition, Long>> ends) {
        var byEvents = new HashMap<String, Set<String>>();
        for (TopologyDescription.Subtopology part : topology.subtopologies()) {
            var topics = new HashSet<String>();
            for (TopologyDescription.Node node : part.nodes()) {
                if (node instanceof TopologyDescription.Source source && source.topicSet() != null) {
                    topics.addAll(source.topicSet());
                }
            }
            Set<String> joined =
                    topics.stream().filter(tables::contains).map(onCluster).collect(Collectors.toUnmodifiableSet());
            if (!joined.isEmpty()) {
                topics.stream()
                        .filter(topic -> !tables.contains(topic))
                        .forEach(topic -> byEvents.put(onCluster.apply(topic), joined));
            }
        }
        return new JoinedTables(Map.copyOf(byEvents), ends);
    }
}
