package dev.kappa.app.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.app.version.NodeFigures;
import dev.kappa.app.version.ViewGraph;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TopologyJsonTest {

    private static JsonNode instance(long consumed, long late, Map<String, Long> entries) {
        var graph = new ViewGraph(
                List.of(
                        new ViewGraph.Node("topic:posts", ViewGraph.Kind.STREAM, "posts", "posts"),
                        new ViewGraph.Node("operator:count", ViewGraph.Kind.OPERATOR, "count", ""),
                        new ViewGraph.Node("store:counts", ViewGraph.Kind.STORE, "counts", "")),
                List.of(new ViewGraph.Edge("topic:posts", "operator:count")));
        return TopologyJson.of(
                graph,
                new NodeFigures(
                        Map.of("posts", consumed), Map.of(), Map.of(), Map.of("count", late), entries, Map.of()));
    }

    @Test
    void countsOfInstancesAreAddedUp() {
        JsonNode merged = TopologyJson.merged(
                List.of(instance(5, 1, Map.of()), instance(7, 2, Map.of("counts", 40L)), instance(1, 0, Map.of())));
        assertThat(merged.path("nodes").path(0).path("consumed").asLong()).isEqualTo(13);
        assertThat(merged.path("nodes").path(1).path("late").asLong()).isEqualTo(3);
        assertThat(merged.path("nodes").path(2).path("entries").asLong()).isEqualTo(40);
        assertThat(merged.path("edges")).hasSize(1);
    }

    @Test
    void figureThatNobodyHasIsNull() {
        JsonNode merged = TopologyJson.merged(List.of(instance(5, 1, Map.of()), instance(7, 2, Map.of())));
        assertThat(merged.path("nodes").path(2).path("entries").isNull()).isTrue();
        assertThat(merged.path("nodes").path(0).path("produced").isNull()).isTrue();
    }
}
