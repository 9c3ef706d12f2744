package dev.kappa.app.version;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.apache.kafka.streams.TopologyDescription;

/**
 * The topology of a version as people think of it: topics, operators and stores. A repartition topic is one node, where Kafka Streams has
 * a filter, a sink and a source. Operators that Kappa adds behind the last one of the definition are left out.
 *
 * @param nodes in no particular order
 * @param edges from where records come to where they go; between an operator and its store, to the store
 */
public record ViewGraph(List<Node> nodes, List<Edge> edges) {

    private static final String REPARTITION = "-repartition";
    private static final String REPARTITION_FILTER = REPARTITION + "-filter";
    private static final String UNMARK = "unmark-output";

    /** The kind of a node. */
    public enum Kind {
        STREAM,
        TABLE,
        OPERATOR,
        STORE,
        REPARTITION,
        OUTPUT
    }

    /**
     * A node.
     *
     * @param id unique in the graph
     * @param name as in the definition; of a topic, its name
     * @param topic name on the cluster; empty where the node is no topic
     */
    public record Node(String id, Kind kind, String name, String topic) {}

    /** An edge between two nodes, by their ids. */
    public record Edge(String from, String to) {}

    public ViewGraph {
        nodes = List.copyOf(nodes);
        edges = List.copyOf(edges);
    }

    /**
     * The graph of a topology.
     *
     * @param isTable whether an input topic is read as a table
     * @param onCluster gives the name on the cluster of an internal topic
     */
    static ViewGraph of(TopologyDescription topology, Predicate<String> isTable, UnaryOperator<String> onCluster) {
        var nodes = new LinkedHashMap<String, Node>();
        var ids = new HashMap<String, String>();
        var hidden = new HashMap<String, TopologyDescription.Node>();
        var edges = new LinkedHashSet<Edge>();
        for (TopologyDescription.Subtopology part : topology.subtopologies()) {
            for (TopologyDescription.Node node : part.nodes()) {
                switch (node) {
                    case TopologyDescription.Source source -> {
                        String topic = String.join(", ", new ArrayList<>(source.topicSet()));
                        ids.put(node.name(), put(nodes, topic, isTable, onCluster, false));
                    }
                    case TopologyDescription.Sink sink ->
                        ids.put(node.name(), put(nodes, sink.topic(), isTable, onCluster, true));
                    case TopologyDescription.Processor processor -> {
                        if (isHidden(node.name())) {
                            hidden.put(node.name(), node);
                        } else {
                            String id = "operator:" + node.name();
                            nodes.put(id, new Node(id, Kind.OPERATOR, node.name(), ""));
                            ids.put(node.name(), id);
                            processor.stores().forEach(store -> {
                                String ofStore = "store:" + store;
                                nodes.put(ofStore, new Node(ofStore, Kind.STORE, store, ""));
                                edges.add(new Edge(id, ofStore));
                            });
                        }
                    }
                    default -> {
                        // There are no other kinds of nodes in a subtopology.
                    }
                }
            }
        }
        for (TopologyDescription.Subtopology part : topology.subtopologies()) {
            for (TopologyDescription.Node node : part.nodes()) {
                String from = ids.get(node.name());
                if (from != null) {
                    shown(node.successors(), hidden)
                            .forEach(next -> edges.add(new Edge(from, ids.getOrDefault(next, next))));
                }
            }
        }
        return new ViewGraph(List.copyOf(nodes.values()), List.copyOf(edges));
    }

    private static boolean isHidden(String operator) {
        return operator.endsWith(REPARTITION_FILTER) || operator.equals(UNMARK);
    }

    /** The names of the next nodes that are shown. */
    private static Set<String> shown(Set<TopologyDescription.Node> next, Map<String, TopologyDescription.Node> hidden) {
        var names = new LinkedHashSet<String>();
        for (TopologyDescription.Node node : next) {
            if (hidden.containsKey(node.name())) {
                names.addAll(shown(node.successors(), hidden));
            } else {
                names.add(node.name());
            }
        }
        return names;
    }

    private static String put(
            Map<String, Node> nodes,
            String topic,
            Predicate<String> isTable,
            UnaryOperator<String> onCluster,
            boolean isWritten) {
        String id = "topic:" + topic;
        boolean isInternal = topic.endsWith(REPARTITION);
        Kind kind = isInternal
                ? Kind.REPARTITION
                : isWritten ? Kind.OUTPUT : isTable.test(topic) ? Kind.TABLE : Kind.STREAM;
        String name = isInternal ? topic.substring(0, topic.length() - REPARTITION.length()) : topic;
        nodes.put(id, new Node(id, kind, name, isInternal ? onCluster.apply(topic) : topic));
        return id;
    }
}
