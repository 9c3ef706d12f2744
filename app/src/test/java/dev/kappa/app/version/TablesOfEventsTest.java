package dev.kappa.app.version;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.junit.jupiter.api.Test;

class TablesOfEventsTest {

    private static final Consumed<String, String> CONSUMED = Consumed.with(Serdes.String(), Serdes.String());

    /** The posts that go around the join are read in the same task. */
    @Test
    void eventsThatAreNotJoinedHaveNone() {
        var builder = new StreamsBuilder();
        KTable<String, String> blocked = builder.table("blocked", CONSUMED);
        KStream<String, String> posts = builder.stream("posts", CONSUMED);
        posts.repartition(Repartitioned.with(Serdes.String(), Serdes.String()).withName("by-author"))
                .leftJoin(
                        blocked, (post, reason) -> post, Joined.with(Serdes.String(), Serdes.String(), Serdes.String()))
                .merge(posts)
                .repartition(
                        Repartitioned.with(Serdes.String(), Serdes.String()).withName("by-post"))
                .to("out", Produced.with(Serdes.String(), Serdes.String()));
        assertThat(TablesOfEvents.of(builder.build().describe(), Set.of("blocked")))
                .isEqualTo(Map.of("by-author-repartition", Set.of("blocked")));
    }
}
