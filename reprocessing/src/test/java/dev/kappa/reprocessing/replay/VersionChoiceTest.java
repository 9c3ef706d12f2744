package dev.kappa.reprocessing.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kappa.reprocessing.catalog.Blueprint;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.topologies.Views;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class VersionChoiceTest {

    private static final String VIEW = "trends";
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Blueprint BLUEPRINT = Blueprint.of(Views.discover().getFirst(), Map.of());

    @Test
    void replayUnderWayIsWhatASwitchMeans() {
        assertThat(VersionChoice.candidate(catalog(active(1), in(2, Phase.CAUGHT_UP)), VIEW))
                .isEqualTo(id(2));
        assertRefused(() -> VersionChoice.candidate(catalog(standby(1), active(2)), VIEW), "no replay to switch to");
    }

    @Test
    void afterARollbackASwitchMeansTheVersionThatItLeft() {
        assertThat(VersionChoice.candidate(catalog(active(1), standby(2)), VIEW))
                .isEqualTo(id(2));
        assertThat(VersionChoice.candidate(catalog(active(1), standby(2), in(3, Phase.CAUGHT_UP)), VIEW))
                .isEqualTo(id(3));
    }

    @Test
    void abortMeansTheReplayUnderWayOrOneWhoseAbortWasCutShort() {
        assertThat(VersionChoice.unfinished(catalog(active(1), in(2, Phase.REPLAYING)), VIEW))
                .isEqualTo(id(2));
        assertThat(VersionChoice.unfinished(catalog(active(1), in(2, Phase.ABORTED)), VIEW))
                .isEqualTo(id(2));
        assertRefused(() -> VersionChoice.unfinished(catalog(active(1)), VIEW), "no replay under way");
    }

    @Test
    void rollbackGoesToTheVersionInStandby() {
        assertThat(VersionChoice.previous(catalog(standby(1), active(2)), VIEW)).isEqualTo(id(1));
        assertRefused(() -> VersionChoice.previous(catalog(active(1)), VIEW), "nothing to roll back to");
    }

    /** A script that repeats its rollback must not give readers the bad version again. */
    @Test
    void rollbackThatIsRepeatedIsRefused() {
        assertRefused(
                () -> VersionChoice.previous(catalog(active(1), standby(2)), VIEW), "rolled back from v2 already");
        assertRefused(
                () -> VersionChoice.previous(catalog(standby(1), active(2), standby(3)), VIEW),
                "kappa replay switch trends --version 3");
    }

    @Test
    void comparisonMeansTheReplayElseTheStandbyAndTheActiveVersion() {
        VersionChoice.Pair pair = pair(catalog(standby(1), active(2), in(3, Phase.REPLAYING)), Optional.empty());
        assertThat(pair.before().id()).isEqualTo(id(2));
        assertThat(pair.after().id()).isEqualTo(id(3));
        assertThat(pair(catalog(standby(1), active(2)), Optional.empty())
                        .after()
                        .id())
                .isEqualTo(id(1));
        assertRefused(() -> pair(catalog(active(1)), Optional.empty()), "no version besides the active one");
        assertRefused(() -> pair(catalog(active(1), standby(2)), Optional.of(1)), "with itself");
        assertRefused(() -> pair(catalog(active(1)), Optional.of(9)), "has no version 9");
    }

    @Test
    void nothingIsDoneToAViewThatDoesNotExistOrCannotBeRead() {
        assertRefused(() -> VersionChoice.versions(catalog(active(1)), "nothing"), "There is no view nothing");
        var unreadable = new Catalog(1, List.of(active(1)), List.of(), Map.of(VIEW, "It is damaged"));
        assertRefused(() -> VersionChoice.versions(unreadable, VIEW), "It is damaged");
    }

    private static VersionChoice.Pair pair(Catalog catalog, Optional<Integer> number) {
        return VersionChoice.pair(catalog, VIEW, number, Optional.empty());
    }

    private static void assertRefused(org.assertj.core.api.ThrowableAssert.ThrowingCallable choice, String why) {
        assertThatThrownBy(choice).isInstanceOf(RefusedException.class).hasMessageContaining(why);
    }

    private static VersionId id(int number) {
        return new VersionId(VIEW, number);
    }

    private static ViewVersion in(int number, Phase phase) {
        return ViewVersion.planned(id(number), BLUEPRINT, Optional.empty(), 4, Optional.empty(), NOW)
                .in(phase, NOW);
    }

    private static ViewVersion active(int number) {
        return in(number, Phase.PLANNED).active(10 + number, NOW);
    }

    private static ViewVersion standby(int number) {
        return active(number).in(Phase.STANDBY, NOW);
    }

    private static Catalog catalog(ViewVersion... versions) {
        return new Catalog(10, List.of(versions), List.of(), Map.of());
    }
}
