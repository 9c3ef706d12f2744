package dev.kappa.app.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import org.junit.jupiter.api.Test;

class StoreMeterTagsTest {

    private static Tags mapped(String name, Tags tags) {
        return Tags.of(new StoreMeterTags()
                .map(new Meter.Id(name, tags, null, null, Meter.Type.GAUGE))
                .getTags());
    }

    @Test
    void storesOfAllKindsHaveTheSameTags() {
        for (String kind : new String[] {"rocksdb.state.id", "rocksdb.window.state.id", "rocksdb.session.state.id"}) {
            assertThat(mapped("kafka.stream.state.put.total", Tags.of("task.id", "1_0", kind, "counts")))
                    .isEqualTo(Tags.of("task.id", "1_0", "store", "counts"));
        }
    }

    @Test
    void otherMetricsStayAsTheyAre() {
        Tags tags = Tags.of("x.state.id", "counts");
        assertThat(mapped("other", tags)).isEqualTo(tags);
        assertThat(mapped("kafka.stream.task.commits", Tags.of("task.id", "1_0")))
                .isEqualTo(Tags.of("task.id", "1_0"));
    }
}
