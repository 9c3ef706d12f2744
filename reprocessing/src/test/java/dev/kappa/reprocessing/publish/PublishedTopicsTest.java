package dev.kappa.reprocessing.publish;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.topologies.Views;
import java.util.List;
import org.junit.jupiter.api.Test;

class PublishedTopicsTest {

    @Test
    void resultsAreNotWrittenToAnInput() {
        var names = new ClusterNames("");
        assertThatThrownBy(() -> PublishedTopics.requireNoInputs(names, List.of("posts"), Views.discover()))
                .hasMessageContaining("kappa.views.posts.publish")
                .hasMessageContaining("input of view");
        assertThatCode(() -> PublishedTopics.requireNoInputs(names, List.of("hashtag-trends"), Views.discover()))
                .doesNotThrowAnyException();
        assertThatCode(() ->
                        PublishedTopics.requireNoInputs(new ClusterNames("team."), List.of("posts"), Views.discover()))
                .doesNotThrowAnyException();
    }
}
