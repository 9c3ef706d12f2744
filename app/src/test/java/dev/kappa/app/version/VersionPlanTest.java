package dev.kappa.app.version;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.app.version.VersionPlan.Action;
import dev.kappa.app.version.VersionPlan.Standing;
import dev.kappa.reprocessing.catalog.Blueprint;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.Definitions;
import dev.kappa.reprocessing.catalog.MatchedVersion;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.samples.hashtagtrends.HashtagTrends;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class VersionPlanTest {

    private static final String VIEW = "hashtag-trends";
    private static final VersionId ID = new VersionId(VIEW, 1);
    private static final Definitions DEFINITIONS = Definitions.discover();
    private static final ViewVersion PLANNED = ViewVersion.planned(
            ID,
            Blueprint.of(new HashtagTrends(), Map.of()),
            Optional.empty(),
            4,
            Optional.empty(),
            Instant.parse("2026-01-01T00:00:00Z"));

    private boolean isForHere = true;
    private boolean hasState;
    private boolean matches = true;

    @ParameterizedTest
    @EnumSource(
            value = Phase.class,
            names = {"REPLAYING", "CAUGHT_UP", "ACTIVE", "STANDBY"})
    void versionThatIsRunIsStartedAndThenUpdated(Phase phase) {
        assertThat(plan(phase, null)).singleElement().isInstanceOf(Action.Start.class);
        assertThat(plan(phase, Standing.RUNNING)).singleElement().isInstanceOf(Action.Update.class);
    }

    @Test
    void startThatFailedIsTriedAgainAfterAWhile() {
        assertThat(plan(Phase.ACTIVE, Standing.FAILED)).isEmpty();
        assertThat(plan(Phase.ACTIVE, Standing.RETRY_DUE)).singleElement().isInstanceOf(Action.Start.class);
        assertThat(plan(Phase.ACTIVE, Standing.STARTING)).singleElement().isInstanceOf(Action.Start.class);
    }

    @Test
    void versionOfOtherCodeIsLeftToOthersOnce() {
        matches = false;
        assertThat(plan(Phase.ACTIVE, null)).containsExactly(new Action.LeaveToOthers(ID, List.of("revision")));
        assertThat(plan(Phase.ACTIVE, Standing.UNMATCHED)).isEmpty();
    }

    @Test
    void versionOfAnotherPoolIsNotTouched() {
        isForHere = false;
        assertThat(plan(Phase.ACTIVE, null)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = Phase.class,
            names = {"RETIRED", "ABORTED"})
    void versionThatIsOverIsStoppedAndItsStateDeleted(Phase phase) {
        assertThat(plan(phase, Standing.RUNNING)).containsExactly(new Action.Stop(ID, true));
        assertThat(plan(phase, Standing.STOPPING)).isEmpty();
        assertThat(plan(phase, Standing.FAILED)).containsExactly(new Action.DeleteState(ID));
        assertThat(plan(phase, null)).isEmpty();
        hasState = true;
        assertThat(plan(phase, null)).containsExactly(new Action.DeleteState(ID));
    }

    @ParameterizedTest
    @EnumSource(
            value = Phase.class,
            names = {"PLANNED", "FAILED"})
    void stateOfAVersionThatMayBeResumedIsKept(Phase phase) {
        hasState = true;
        assertThat(plan(phase, Standing.RUNNING)).containsExactly(new Action.Stop(ID, false));
        assertThat(plan(phase, Standing.UNMATCHED)).containsExactly(new Action.Forget(ID));
        assertThat(plan(phase, null)).isEmpty();
    }

    /** The code of one view must not keep the others from being started and stopped. */
    @Test
    void codeThatFailsFailsItsOwnVersionOnly() {
        var broken = new VersionPlan.Build() {
            @Override
            public Optional<MatchedVersion> match(ViewVersion version) {
                if (version.id().number() == 1) {
                    throw new NoClassDefFoundError("Gone");
                }
                return DEFINITIONS.match(version);
            }

            @Override
            public List<String> differences(ViewVersion version) {
                throw new IllegalStateException("The definition cannot be built");
            }
        };
        ViewVersion first = in(Phase.ACTIVE);
        ViewVersion second = ViewVersion.planned(
                        new VersionId(VIEW, 2),
                        first.blueprint(),
                        Optional.empty(),
                        4,
                        Optional.empty(),
                        first.createdAt())
                .in(Phase.REPLAYING, first.createdAt());
        var catalog = new Catalog(1, List.of(first, second), List.of(), Map.of());
        List<Action> actions =
                VersionPlan.of(catalog, Map.of(), _ -> true, _ -> false, broken).actions();
        assertThat(actions.getFirst())
                .isInstanceOfSatisfying(
                        Action.Fail.class, fail -> assertThat(fail.reason()).hasMessage("Gone"));
        assertThat(actions.getLast()).isInstanceOf(Action.Start.class);
    }

    /** Whatever is known of a version here, a catalog that cannot be read changes nothing. */
    @Test
    void viewThatCannotBeReadIsLeftAsItIs() {
        hasState = true;
        for (Phase phase : Phase.values()) {
            for (Standing standing : Standing.values()) {
                assertThat(plan(catalog(phase, Map.of(VIEW, "damaged")), Map.of(ID, standing)))
                        .isEmpty();
            }
        }
    }

    /** No state is deleted while a version is run, in whatever standing it is. */
    @Test
    void nothingThatIsRunIsStoppedOrDeleted() {
        hasState = true;
        for (Phase phase : Phase.values()) {
            var standings = new ArrayList<Map<VersionId, Standing>>();
            standings.add(Map.of());
            for (Standing standing : Standing.values()) {
                standings.add(Map.of(ID, standing));
            }
            for (Map<VersionId, Standing> here : standings) {
                boolean deletes = plan(catalog(phase, Map.of()), here).stream()
                        .anyMatch(action -> action instanceof Action.DeleteState
                                || (action instanceof Action.Stop stop && stop.deletesState()));
                assertThat(deletes && !phase.isOver()).as("%s %s", phase, here).isFalse();
            }
        }
    }

    private List<Action> plan(Phase phase, @Nullable Standing standing) {
        return plan(catalog(phase, Map.of()), standing == null ? Map.of() : Map.of(ID, standing));
    }

    private List<Action> plan(Catalog catalog, Map<VersionId, Standing> here) {
        return VersionPlan.of(catalog, here, _ -> isForHere, _ -> hasState, new VersionPlan.Build() {
                    @Override
                    public Optional<MatchedVersion> match(ViewVersion version) {
                        return matches ? DEFINITIONS.match(version) : Optional.empty();
                    }

                    @Override
                    public List<String> differences(ViewVersion version) {
                        return List.of("revision");
                    }
                })
                .actions();
    }

    private static Catalog catalog(Phase phase, Map<String, String> unreadable) {
        return new Catalog(1, List.of(in(phase)), List.of(), unreadable);
    }

    private static ViewVersion in(Phase phase) {
        return new ViewVersion(
                PLANNED.id(),
                phase,
                PLANNED.blueprint(),
                PLANNED.fingerprint(),
                PLANNED.origin(),
                PLANNED.outputPartitions(),
                PLANNED.restarts(),
                PLANNED.maxRate(),
                PLANNED.activeSince(),
                PLANNED.removed(),
                PLANNED.outputRemoved(),
                PLANNED.detail(),
                PLANNED.inputProblems(),
                PLANNED.gaps(),
                PLANNED.createdAt(),
                PLANNED.changedAt());
    }
}
