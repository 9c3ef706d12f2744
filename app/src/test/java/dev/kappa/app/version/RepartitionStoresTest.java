package dev.kappa.app.version;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.junit.jupiter.api.Test;

class RepartitionStoresTest {

    @Test
    void tableOfAJoinIsNotAmongThem() {
        var builder = new StreamsBuilder();
        KTable<String, String> blocked =
                builder.table("blocked", Consumed.with(Serdes.String(), Serdes.String()), Materialized.as("blocked"));
        builder.stream("posts", Consumed.with(Serdes.String(), Serdes.String()))
                .repartition(
                        Repartitioned.with(Serdes.String(), Serdes.String()).withName("by-author"))
                .leftJoin(
                        blocked, (post, reason) -> post, Joined.with(Serdes.String(), Serdes.String(), Serdes.String()))
                .map((author, post) -> KeyValue.pair(post, author))
                .groupByKey(Grouped.with("by-post", Serdes.String(), Serdes.String()))
                .count(Materialized.as("counts"));
        assertThat(RepartitionStores.of(builder.build().describe()))
                .containsEntry("by-author-repartition", List.of())
                .containsEntry("by-post-repartition", List.of("counts"))
                .hasSize(2);
    }
}
