package dev.kappa.app.version;

import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.streams.TopologyDescription;

/** Which tables the events of a topic are joined with. */
final class TablesOfEvents {

    private TablesOfEvents() {}

    /**
     * Those by topic of events; a topic whose events are joined with none is left out. All topics are named as in the topology.
     *
     * @param tables topics of tables
     */
    static Map<String, Set<String>> of(TopologyDescription topology, Set<String> tables) {
        var tablesOf = new HashMap<String, Set<String>>();
        for (TopologyDescription.Subtopology part : topology.subtopologies()) {
            var storesAfter = new HashMap<String, Set<String>>();
            for (TopologyDescription.Node node : part.nodes()) {
                if (node instanceof TopologyDescription.Source source && source.topicSet() != null) {
                    source.topicSet().forEach(topic -> storesAfter.put(topic, RepartitionStores.storesAfter(source)));
                }
            }
            storesAfter.forEach((events, stores) -> {
                var joined = new TreeSet<String>();
                storesAfter.forEach((table, ofTable) -> {
                    if (tables.contains(table) && !Collections.disjoint(stores, ofTable)) {
                        joined.add(table);
                    }
                });
                if (!tables.contains(events) && !joined.isEmpty()) {
                    tablesOf.put(events, joined);
                }
            });
        }
        return tablesOf;
    }
}
