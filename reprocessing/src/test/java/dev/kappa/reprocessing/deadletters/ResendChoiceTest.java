package dev.kappa.reprocessing.deadletters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.reprocessing.catalog.Blueprint;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.ViewTopology;
import dev.kappa.topologies.Views;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class ResendChoiceTest {

    private static final ClusterNames NAMES = new ClusterNames("");
    private static final VersionId V1 = new VersionId("campaign-views", 1);

    private static boolean isOfTable(String topic) {
        ViewDefinition definition = Views.discover().stream()
                .filter(view -> view.name().equals(V1.view()))
                .findFirst()
                .orElseThrow();
        var version = ViewVersion.planned(
                V1, Blueprint.of(definition, Map.of()), Optional.empty(), 4, Optional.empty(), Instant.EPOCH);
        var letter = new DeadLetter(
                new DeadLetter.Id(0, 0),
                new TopicPartition(topic, 0),
                5,
                Instant.EPOCH,
                V1,
                "E",
                "why",
                null,
                null,
                new RecordHeaders(),
                Optional.empty());
        return new ResendChoice(new Catalog(1, List.of(version), List.of(), Map.of()), NAMES, "campaign-views")
                .isOfTable(letter);
    }

    @Test
    void recordsOfTablesAreNotSentAgain() {
        assertThat(isOfTable("campaigns")).isTrue();
        assertThat(isOfTable(NAMES.internalTopic(V1, ViewTopology.rekeyedTopic("campaigns"))))
                .isTrue();
        assertThat(isOfTable("ad-events")).isFalse();
    }
}
