package dev.kappa.app.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.app.version.NodeFigures;
import dev.kappa.app.version.ViewGraph;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The JSON of a topology: nodes with their figures, and edges. */
final class TopologyJson {

    /** Figures of a node, summed over instances; null where a node has none of its kind. */
    static final List<String> FIGURES = List.of("consumed", "produced", "lag", "late", "entries", "bytes");

    private TopologyJson() {}

    /** The topology with the figures of one instance. */
    static ObjectNode of(ViewGraph graph, NodeFigures figures) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ArrayNode nodes = json.putArray("nodes");
        for (ViewGraph.Node node : graph.nodes()) {
            ObjectNode entry = nodes.addObject()
                    .put("id", node.id())
                    .put("kind", node.kind().name().toLowerCase(Locale.ROOT))
                    .put("name", node.name());
            FIGURES.forEach(entry::putNull);
            switch (node.kind()) {
                case STREAM, TABLE -> {
                    put(entry, "consumed", figures.consumed(), node.topic());
                    put(entry, "lag", figures.lag(), node.topic());
                }
                case REPARTITION -> {
                    put(entry, "consumed", figures.consumed(), node.topic());
                    put(entry, "produced", figures.produced(), node.topic());
                    put(entry, "lag", figures.lag(), node.topic());
                }
                case OUTPUT -> put(entry, "produced", figures.produced(), node.topic());
                case OPERATOR -> put(entry, "late", figures.late(), node.name());
                case STORE -> {
                    put(entry, "entries", figures.entries(), node.name());
                    put(entry, "bytes", figures.bytes(), node.name());
                }
            }
        }
        ArrayNode edges = json.putArray("edges");
        graph.edges().forEach(edge -> edges.addObject().put("from", edge.from()).put("to", edge.to()));
        return json;
    }

    private static void put(ObjectNode entry, String figure, Map<String, Long> figures, String name) {
        Long value = figures.get(name);
        if (value != null) {
            entry.put(figure, value);
        }
    }

    /** The topology of several instances: the nodes of the first, with the figures of all. */
    static ObjectNode merged(List<JsonNode> instances) {
        ObjectNode merged = instances.getFirst().deepCopy();
        var nodes = new HashMap<String, ObjectNode>();
        merged.path("nodes").forEach(node -> nodes.put(node.path("id").asText(), (ObjectNode) node));
        for (JsonNode other : instances.subList(1, instances.size())) {
            for (JsonNode node : other.path("nodes")) {
                ObjectNode sum = nodes.get(node.path("id").asText());
                if (sum != null) {
                    FIGURES.stream()
                            .filter(figure -> node.path(figure).isNumber())
                            .forEach(figure -> sum.put(
                                    figure,
                                    sum.path(figure).asLong()
                                            + node.path(figure).asLong()));
                }
            }
        }
        return merged;
    }
}
