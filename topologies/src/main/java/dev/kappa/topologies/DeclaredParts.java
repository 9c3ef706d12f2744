package dev.kappa.topologies;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.streams.TopologyDescription;

/**
 * Compares what a topology reads, keeps and writes with what its definition declares. A definition that writes to another topic would
 * write to it again in every replay, and a store that is declared and not built can never be read.
 */
final class DeclaredParts {

    private DeclaredParts() {}

    /**
     * Returns when the two agree. A definition may leave out an input with the parameters of a version.
     *
     * @param outputTopic the topic that the topology may write to
     * @return the names of the stores that the topology has
     * @throws IllegalStateException saying which part is missing or not declared
     */
    static Set<String> require(ViewDefinition definition, TopologyDescription topology, String outputTopic) {
        Set<String> sources = new TreeSet<>();
        Set<String> sinks = new TreeSet<>();
        Set<String> stores = new TreeSet<>();
        topology.globalStores()
                .forEach(store ->
                        refuse(definition, "has a global store, " + store.processor() + "; declare a table instead"));
        for (TopologyDescription.Subtopology part : topology.subtopologies()) {
            for (TopologyDescription.Node node : part.nodes()) {
                switch (node) {
                    case TopologyDescription.Source source -> {
                        if (source.topicSet() == null) {
                            refuse(
                                    definition,
                                    "reads topics by a pattern, " + source.topicPattern() + "; declare each input");
                        } else {
                            sources.addAll(source.topicSet());
                        }
                    }
                    case TopologyDescription.Sink sink -> {
                        if (sink.topic() == null) {
                            refuse(
                                    definition,
                                    "writes to topics that it chooses itself, by " + sink.name()
                                            + "; a view has one output");
                        } else {
                            sinks.add(sink.topic());
                        }
                    }
                    case TopologyDescription.Processor processor -> stores.addAll(processor.stores());
                    default -> {}
                }
            }
        }
        Set<String> declared = definition.inputs().stream().map(Input::topic).collect(Collectors.toSet());
        // A topic that the topology writes and reads again is its own.
        var internal = new HashSet<>(sinks);
        internal.retainAll(sources);
        internal.removeAll(declared);
        for (String topic : sinks) {
            if (!topic.equals(outputTopic) && !internal.contains(topic)) {
                refuse(
                        definition,
                        "writes to topic " + topic + ", and every replay would again; results leave a view by"
                                + " ViewTopology.output only");
            }
        }
        for (String topic : sources) {
            if (!declared.contains(topic) && !internal.contains(topic)) {
                refuse(definition, "reads topic " + topic + ", which is none of its inputs " + new TreeSet<>(declared));
            }
        }
        if (!sinks.contains(outputTopic)) {
            refuse(definition, "writes no output; end its topology with ViewTopology.output");
        }
        for (Store<?, ?> store : definition.stores()) {
            List<String> names =
                    store.history().isPresent() ? List.of(store.name(), store.historyName()) : List.of(store.name());
            names.stream()
                    .filter(name -> !stores.contains(name))
                    .findFirst()
                    .ifPresent(name -> refuse(
                            definition, "declares store " + name + " and does not build it; it builds " + stores));
        }
        return stores;
    }

    private static void refuse(ViewDefinition definition, String what) {
        throw new IllegalStateException("View " + definition.name() + " " + what);
    }
}
