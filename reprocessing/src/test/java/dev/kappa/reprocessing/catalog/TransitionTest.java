package dev.kappa.reprocessing.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.topologies.Views;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TransitionTest {

    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Blueprint BLUEPRINT = Blueprint.of(Views.discover().getFirst(), Map.of());
    private static final VersionId V1 = new VersionId("trends", 1);
    private static final VersionId V2 = new VersionId("trends", 2);

    private static ViewVersion version(VersionId id, Phase phase, long activeSince) {
        ViewVersion planned = ViewVersion.planned(id, BLUEPRINT, Optional.empty(), 4, Optional.empty(), NOW);
        return activeSince > 0 ? planned.active(activeSince, NOW).in(phase, NOW) : planned.in(phase, NOW);
    }

    private static Catalog catalog(ViewVersion... versions) {
        return new Catalog(10, List.of(versions), List.of(), Map.of());
    }

    private static List<String> phases(Transition transition, Catalog catalog) {
        return transition.apply(catalog, catalog.epoch() + 1, NOW).stream()
                .map(version -> version.id() + " " + version.phase())
                .toList();
    }

    /** Phases from which a transition of the second version is allowed, while the first is active. */
    private static Set<Phase> allowedFrom(Transition transition) {
        Set<Phase> allowed = EnumSet.noneOf(Phase.class);
        for (Phase phase : Phase.values()) {
            Catalog catalog = phase == Phase.ACTIVE
                    ? catalog(version(V1, Phase.STANDBY, 1), version(V2, phase, 2))
                    : catalog(version(V1, Phase.ACTIVE, 1), version(V2, phase, 0));
            try {
                transition.apply(catalog, 11, NOW);
                allowed.add(phase);
            } catch (RefusedException refused) {
                assertThat(refused).hasMessageContaining("trends.v2");
            }
        }
        return allowed;
    }

    @Test
    void eachIsAllowedFromItsPhasesOnly() {
        assertThat(allowedFrom(Transition.replaying(V2))).containsExactly(Phase.PLANNED);
        assertThat(allowedFrom(Transition.caughtUp(V2))).containsExactly(Phase.REPLAYING);
        assertThat(allowedFrom(Transition.switchTo(V2, false))).containsExactly(Phase.CAUGHT_UP, Phase.STANDBY);
        assertThat(allowedFrom(Transition.switchTo(V2, true)))
                .containsExactly(Phase.REPLAYING, Phase.CAUGHT_UP, Phase.STANDBY);
        assertThat(allowedFrom(Transition.retire(V2))).containsExactly(Phase.STANDBY);
        assertThat(allowedFrom(Transition.abort(V2)))
                .containsExactly(Phase.PLANNED, Phase.REPLAYING, Phase.CAUGHT_UP, Phase.FAILED);
        assertThat(allowedFrom(Transition.removed(V2, true))).containsExactly(Phase.RETIRED, Phase.ABORTED);
        assertThat(allowedFrom(Transition.throttle(V2, Optional.of(5L))))
                .containsExactly(Phase.PLANNED, Phase.REPLAYING, Phase.CAUGHT_UP);
    }

    @Test
    void lostResultsFailAReplayAndMarkAnyOtherVersion() {
        Catalog catalog = catalog(version(V1, Phase.ACTIVE, 1), version(V2, Phase.REPLAYING, 0));
        assertThat(Transition.lostResults(V2).apply(catalog, 11, NOW))
                .singleElement()
                .satisfies(replay -> {
                    assertThat(replay.phase()).isEqualTo(Phase.FAILED);
                    assertThat(replay.detail().orElseThrow())
                            .startsWith("Some results were lost")
                            .contains("max-skew");
                });
        assertThat(Transition.lostResults(V1).apply(catalog, 11, NOW))
                .singleElement()
                .satisfies(active -> {
                    assertThat(active.phase()).isEqualTo(Phase.ACTIVE);
                    assertThat(active.hasLostResults()).isTrue();
                });
    }

    @Test
    void switchKeepsTheOldVersionInStandbyAndRollbackIsASwitchBack() {
        Catalog before = catalog(version(V1, Phase.ACTIVE, 1), version(V2, Phase.CAUGHT_UP, 0));
        List<ViewVersion> switched = Transition.switchTo(V2, false).apply(before, 11, NOW);
        assertThat(switched.stream().map(version -> version.id() + " " + version.phase()))
                .containsExactly("trends.v1 STANDBY", "trends.v2 ACTIVE");
        assertThat(switched.getLast().activeSince()).isEqualTo(11);

        Catalog after = new Catalog(11, switched, List.of(), Map.of());
        assertThat(after.previous("trends").orElseThrow().id()).isEqualTo(V1);
        assertThat(phases(Transition.switchTo(V1, false), after))
                .containsExactly("trends.v2 STANDBY", "trends.v1 ACTIVE");
    }

    @ParameterizedTest
    @EnumSource
    void oneReplayOfAViewIsUnderWayAtATime(Phase phase) {
        var versions = new ArrayList<>(List.of(version(V1, Phase.ACTIVE, 1)));
        if (phase != Phase.ACTIVE) {
            versions.add(version(V2, phase, 0));
        }
        Catalog catalog = new Catalog(10, versions, List.of(), Map.of());
        Transition plan =
                Transition.plan(version(new VersionId("trends", catalog.nextNumber("trends")), Phase.PLANNED, 0));
        if (phase.isUnderWay()) {
            assertThatThrownBy(() -> plan.apply(catalog, 11, NOW))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("trends.v2 is " + phase);
        } else {
            assertThat(plan.apply(catalog, 11, NOW)).hasSize(1);
        }
    }

    @Test
    void numbersAreNeverGivenTwice() {
        Catalog catalog = catalog(version(V1, Phase.ACTIVE, 1), version(V2, Phase.ABORTED, 0));
        assertThat(catalog.nextNumber("trends")).isEqualTo(3);
        assertThatThrownBy(() -> Transition.plan(version(V2, Phase.PLANNED, 0)).apply(catalog, 11, NOW))
                .isInstanceOf(RefusedException.class);
    }

    @Test
    void namesOfNeighboursAreNotConfused() {
        var other = new VersionId("trends-v1", 1);
        Catalog catalog = catalog(version(V1, Phase.STANDBY, 1), version(other, Phase.ACTIVE, 1));
        assertThat(phases(Transition.retire(V1), catalog)).containsExactly("trends.v1 RETIRED");
        assertThat(catalog.versions("trends")).hasSize(1);
    }
}
