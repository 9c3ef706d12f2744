package dev.kappa.reprocessing.publish;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.reprocessing.catalog.Blueprint;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.PositionNote;
import dev.kappa.reprocessing.cluster.TopicSettings;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.diff.KeyTable.Held;
import dev.kappa.reprocessing.publish.PublishingPlan.Step;
import dev.kappa.reprocessing.publish.PublishingPlan.Update;
import dev.kappa.topologies.Views;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.utils.Bytes;
import org.junit.jupiter.api.Test;

class PublishingPlanTest {

    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Blueprint BLUEPRINT = Blueprint.of(Views.discover().getFirst(), Map.of());

    private static ViewVersion active(int number, long since) {
        return ViewVersion.planned(
                        new VersionId("trends", number), BLUEPRINT, Optional.empty(), 4, Optional.empty(), NOW)
                .active(since, NOW);
    }

    private static Bytes bytes(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static Held value(long timestamp, String text) {
        return new Held.Value(timestamp, bytes(text), false);
    }

    @Test
    void viewWithoutActiveVersionIsNotPublished() {
        assertThat(PublishingPlan.next(Optional.of(active(1, 5)), Optional.empty()))
                .isEqualTo(new Step.End());
    }

    @Test
    void eachSwitchIsBegunWithAlsoOneBackToTheSameVersion() {
        assertThat(PublishingPlan.next(Optional.empty(), Optional.of(active(1, 5))))
                .isEqualTo(new Step.Begin(active(1, 5)));
        assertThat(PublishingPlan.next(Optional.of(active(1, 5)), Optional.of(active(2, 7))))
                .isEqualTo(new Step.Begin(active(2, 7)));
        // Switched and rolled back since the catalog was read last.
        assertThat(PublishingPlan.next(Optional.of(active(1, 5)), Optional.of(active(1, 9))))
                .isEqualTo(new Step.Begin(active(1, 9)));
        assertThat(PublishingPlan.next(Optional.of(active(1, 5)), Optional.of(active(1, 5))))
                .isEqualTo(new Step.Copy(active(1, 5)));
    }

    @Test
    void onlyAnOffsetOfThisSwitchIsContinuedFrom() {
        ViewVersion version = active(2, 7);
        PositionNote note = PublishingPlan.note(version);
        assertThat(PublishingPlan.continuesAt(version, note.at(41, NOW), NOW)).isEqualTo(OptionalLong.of(41));
        assertThat(PublishingPlan.continuesAt(version, new PositionNote(6).at(41, NOW), NOW))
                .isEmpty();
        assertThat(PublishingPlan.continuesAt(version, new OffsetAndMetadata(41, ""), NOW))
                .isEmpty();
        assertThat(PublishingPlan.continuesAt(version, null, NOW)).isEmpty();
        // Deletions may have been missed.
        assertThat(PublishingPlan.continuesAt(version, note.at(41, NOW), NOW.plus(TopicSettings.DELETIONS_KEPT)))
                .isEmpty();
    }

    @Test
    void valuesThatDifferAreUpdatedAndKeysThatAreGoneDeleted() {
        Held nothing = new Held.Nothing();
        assertThat(PublishingPlan.update(nothing, value(2, "new"))).contains(new Update(2, Optional.of(bytes("new"))));
        assertThat(PublishingPlan.update(value(1, "old"), value(2, "new")))
                .contains(new Update(2, Optional.of(bytes("new"))));
        assertThat(PublishingPlan.update(value(1, "old"), nothing)).contains(new Update(1, Optional.empty()));
        assertThat(PublishingPlan.update(nothing, nothing)).isEmpty();
        // Only the time differs: readers have the value already.
        assertThat(PublishingPlan.update(value(1, "same"), value(2, "same"))).isEmpty();
    }
}
