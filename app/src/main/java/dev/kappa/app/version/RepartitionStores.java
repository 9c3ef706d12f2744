package dev.kappa.app.version;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.streams.TopologyDescription;

/** Which stores of a topology change by nothing but the records of one repartition topic. */
final class RepartitionStores {

    private RepartitionStores() {}

    /**
     * Those stores by repartition topic. A store that is fed by another topic of the same task, too, such as a table that the records
     * are joined with, tells nothing about the repartition topic.
     */
    static Map<String, List<String>> of(TopologyDescription topology) {
        var stores = new HashMap<String, List<String>>();
        for (TopologyDescription.Subtopology part : topology.subtopologies()) {
            var sources = new HashMap<TopologyDescription.Source, Set<String>>();
            for (TopologyDescription.Node node : part.nodes()) {
                if (node instanceof TopologyDescription.Source source) {
                    sources.put(source, storesAfter(source));
                }
            }
            sources.forEach((source, after) -> {
                var only = new TreeSet<>(after);
                sources.forEach((other, afterOther) -> {
                    if (!other.equals(source)) {
                        only.removeAll(afterOther);
                    }
                });
                if (source.topicSet() != null) {
                    source.topicSet().stream()
                            .filter(topic -> topic.endsWith("-repartition"))
                            .forEach(topic -> stores.put(topic, List.copyOf(only)));
                }
            });
        }
        return stores;
    }

    /** The stores of all operators that the records of a source may come to. */
    static Set<String> storesAfter(TopologyDescription.Source source) {
        var stores = new TreeSet<String>();
        var seen = new TreeSet<String>();
        var due = new ArrayDeque<TopologyDescription.Node>(List.of(source));
        while (!due.isEmpty()) {
            TopologyDescription.Node node = due.remove();
            if (seen.add(node.name())) {
                if (node instanceof TopologyDescription.Processor processor) {
                    stores.addAll(processor.stores());
                }
                due.addAll(node.successors());
            }
        }
        return stores;
    }
}
