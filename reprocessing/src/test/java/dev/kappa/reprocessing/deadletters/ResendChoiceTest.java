package dev.kappa.reprocessing.deadletters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kappa.reprocessing.catalog.Blueprint;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.RefusedException;
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

    private static final VersionId V2 = new VersionId("campaign-views", 2);

    private static ResendChoice choice() {
        ViewDefinition definition = Views.discover().stream()
                .filter(view -> view.name().equals(V1.view()))
                .findFirst()
                .orElseThrow();
        var running = ViewVersion.planned(
                        V1, Blueprint.of(definition, Map.of()), Optional.empty(), 4, Optional.empty(), Instant.EPOCH)
                .active(1, Instant.EPOCH);
        return new ResendChoice(new Catalog(1, List.of(running), List.of(), Map.of()), NAMES, "campaign-views");
    }

    private static DeadLetter letter(int offset, String topic, VersionId version) {
        return new DeadLetter(
                new DeadLetter.Id(0, offset),
                new TopicPartition(topic, 0),
                5,
                Instant.EPOCH,
                version,
                "E",
                "why",
                null,
                null,
                new RecordHeaders(),
                Optional.empty());
    }

    @Test
    void recordsOfTablesAreNotSentAgain() {
        assertThat(choice().refusal(letter(0, "campaigns", V1)))
                .hasValueSatisfying(reason -> assertThat(reason).contains("read as a table"));
        assertThat(choice().refusal(letter(0, NAMES.internalTopic(V1, ViewTopology.rekeyedTopic("campaigns")), V1)))
                .isPresent();
        assertThat(choice().refusal(letter(0, "ad-events", V1))).isEmpty();
    }

    @Test
    void lettersOfVersionsThatDoNotRunAreNotSentAgain() {
        DeadLetter ofRunning = letter(0, "ad-events", V1);
        DeadLetter ofRetired = letter(1, "ad-events", V2);
        List<DeadLetter> known = List.of(ofRunning, ofRetired);

        assertThat(choice().refusal(ofRetired))
                .hasValue(
                        "campaign-views.v2 no longer runs. A running version reads the record itself or has its own letter.");
        assertThat(choice().all(known)).containsExactly(ofRunning);
        assertThat(choice().of(known, List.of(ofRunning.id()))).containsExactly(ofRunning);
        assertThatThrownBy(() -> choice().of(known, List.of(ofRunning.id(), ofRetired.id())))
                .isInstanceOf(RefusedException.class)
                .hasMessageStartingWith("Letter 0:1: campaign-views.v2 no longer runs.")
                .hasMessageEndingWith("Nothing was sent.");
    }
}
