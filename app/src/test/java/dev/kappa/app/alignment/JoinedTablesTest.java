package dev.kappa.app.alignment;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.junit.jupiter.api.Test;

class JoinedTablesTest {

    private static final Consumed<String, String> CONSUMED = Consumed.with(Serdes.String(), Serdes.String());

    @Test
    void tableBelongsToTheEventsOfItsTask() {
        var builder = new StreamsBuilder();
        KTable<String, String> blocked = builder.table("blocked", CONSUMED);
        builder.stream("posts", CONSUMED)
                .repartition(
                        Repartitioned.with(Serdes.String(), Serdes.String()).withName("by-author"))
                .leftJoin(
                        blocked, (post, reason) -> post, Joined.with(Serdes.String(), Serdes.String(), Serdes.String()))
                .repartition(
                        Repartitioned.with(Serdes.String(), Serdes.String()).withName("by-post"))
                .to("out", Produced.with(Serdes.String(), Serdes.String()));
        var tables = JoinedTables.of(
                builder.build().describe(),
                Set.of("blocked"),
                topic -> topic.endsWith("-repartition") ? "app-" + topic : topic,
                _ -> Map.of());
        assertThat(tables.byEvents()).isEqualTo(Map.of("app-by-author-repartition", Set.of("blocked")));
    }
}
