package dev.kappa.app.version;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.junit.jupiter.api.Test;

class ViewGraphTest {

    private static ViewGraph graph() {
        var builder = new StreamsBuilder();
        builder.stream("posts", Consumed.with(Serdes.String(), Serdes.String()).withName("read-posts"))
                .selectKey((_, value) -> value, Named.as("key-author"))
                .groupByKey(Grouped.<String, String>as("by-author")
                        .withKeySerde(Serdes.String())
                        .withValueSerde(Serdes.String()))
                .count(Named.as("count-posts"), Materialized.as("counts"))
                .toStream(Named.as("changed"))
                .mapValues(value -> value, Named.as("unmark-output"))
                .to("trends.v1", Produced.with(Serdes.String(), Serdes.Long()).withName("write-output"));
        return ViewGraph.of(builder.build().describe(), "authors"::equals, topic -> "kappa.trends.v1-" + topic);
    }

    @Test
    void repartitionTopicIsOneNodeAndHelpersAreLeftOut() {
        assertThat(graph().nodes())
                .containsExactlyInAnyOrder(
                        new ViewGraph.Node("topic:posts", ViewGraph.Kind.STREAM, "posts", "posts"),
                        new ViewGraph.Node("operator:key-author", ViewGraph.Kind.OPERATOR, "key-author", ""),
                        new ViewGraph.Node(
                                "topic:by-author-repartition",
                                ViewGraph.Kind.REPARTITION,
                                "by-author",
                                "kappa.trends.v1-by-author-repartition"),
                        new ViewGraph.Node("operator:count-posts", ViewGraph.Kind.OPERATOR, "count-posts", ""),
                        new ViewGraph.Node("store:counts", ViewGraph.Kind.STORE, "counts", ""),
                        new ViewGraph.Node("operator:changed", ViewGraph.Kind.OPERATOR, "changed", ""),
                        new ViewGraph.Node("topic:trends.v1", ViewGraph.Kind.OUTPUT, "trends.v1", "trends.v1"));
    }

    @Test
    void edgesLeadFromInputToOutputAndToStores() {
        assertThat(graph().edges())
                .containsExactlyInAnyOrderElementsOf(List.of(
                        new ViewGraph.Edge("topic:posts", "operator:key-author"),
                        new ViewGraph.Edge("operator:key-author", "topic:by-author-repartition"),
                        new ViewGraph.Edge("topic:by-author-repartition", "operator:count-posts"),
                        new ViewGraph.Edge("operator:count-posts", "store:counts"),
                        new ViewGraph.Edge("operator:count-posts", "operator:changed"),
                        new ViewGraph.Edge("operator:changed", "topic:trends.v1")));
    }
}
