package dev.kappa.app.version;

import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.MatchedVersion;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.VersionId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The steps that make the versions running on this instance those of the catalog: a pure function of the two.
 *
 * @param actions in the order of the catalog's versions; at most one for each
 */
record VersionPlan(List<Action> actions) {

    /** The state of a version on this instance, as far as a plan depends on it. */
    enum Standing {
        /** Nothing is known of it here. */
        ABSENT,
        /** A start began and did not end. */
        STARTING,
        RUNNING,
        /** Has failed, and an operator wants it started again. */
        RESTART_DUE,
        /** Ran until its place in its inputs was lost. */
        POSITION_LOST,
        /** Could not be started, a moment ago. */
        FAILED,
        /** Could not be started, so long ago that it is tried again. */
        RETRY_DUE,
        /** Left to instances whose definition matches. */
        UNMATCHED,
        STOPPING
    }

    /** Something to do with one version. */
    sealed interface Action {

        VersionId id();

        /** Start it: this build's definition matches. */
        record Start(MatchedVersion version) implements Action {
            @Override
            public VersionId id() {
                return version.version().id();
            }
        }

        /** Leave it to instances whose definition matches. */
        record LeaveToOthers(VersionId id, List<String> differences) implements Action {}

        /** Report that it cannot be started: the code of its view fails. */
        record Fail(VersionId id, Throwable reason) implements Action {}

        /** Tell its runner what the catalog says of it. */
        record Update(ViewVersion version) implements Action {
            @Override
            public VersionId id() {
                return version.id();
            }
        }

        /**
         * Stop it.
         *
         * @param deletesState whether it is over, so that its local state is deleted afterwards
         */
        record Stop(VersionId id, boolean deletesState) implements Action {}

        /** Forget what is known of it here. */
        record Forget(VersionId id) implements Action {}

        /** Forget it and delete the local state that a version that is over has left. */
        record DeleteState(VersionId id) implements Action {}
    }

    VersionPlan {
        actions = List.copyOf(actions);
    }

    /** Which versions this build can make. */
    interface Build {

        /** The version with this build's definition; empty when the definition makes another version. */
        Optional<MatchedVersion> match(ViewVersion version);

        /** How this build's definition differs from a version that it does not match. */
        List<String> differences(ViewVersion version);
    }

    /**
     * Plans.
     *
     * @param here versions on this instance
     * @param isForHere whether this instance runs a version that is run somewhere
     * @param hasState whether there is local state of a version
     */
    static VersionPlan of(
            Catalog catalog,
            Map<VersionId, Standing> here,
            Predicate<ViewVersion> isForHere,
            Predicate<VersionId> hasState,
            Build build) {
        var actions = new ArrayList<Action>();
        for (ViewVersion version : catalog.versions()) {
            if (catalog.unreadable().containsKey(version.id().view())) {
                // Running versions continue. A catalog that cannot be read starts and stops nothing.
                continue;
            }
            Standing standing = here.getOrDefault(version.id(), Standing.ABSENT);
            try {
                Optional<Action> action = version.phase().isRun()
                        ? isForHere.test(version) ? ofRunVersion(version, standing, build) : Optional.empty()
                        : ofOtherVersion(version, standing, hasState);
                action.ifPresent(actions::add);
            } catch (RuntimeException | LinkageError e) {
                // The code of one view must not keep the others from being started and stopped.
                actions.add(new Action.Fail(version.id(), e));
            }
        }
        return new VersionPlan(actions);
    }

    private static Optional<Action> ofRunVersion(ViewVersion version, Standing standing, Build build) {
        return switch (standing) {
            case ABSENT, STARTING, RETRY_DUE ->
                Optional.of(build.match(version)
                        .<Action>map(Action.Start::new)
                        .orElseGet(() -> new Action.LeaveToOthers(version.id(), build.differences(version))));
            case RUNNING -> Optional.of(new Action.Update(version));
            // It is started again when an operator has said where it continues.
            case POSITION_LOST, RESTART_DUE -> Optional.of(new Action.Stop(version.id(), false));
            case FAILED, UNMATCHED, STOPPING -> Optional.empty();
        };
    }

    private static Optional<Action> ofOtherVersion(
            ViewVersion version, Standing standing, Predicate<VersionId> hasState) {
        boolean isOver = version.phase().isOver();
        return switch (standing) {
            case ABSENT ->
                isOver && hasState.test(version.id())
                        ? Optional.of(new Action.DeleteState(version.id()))
                        : Optional.empty();
            case RUNNING, RESTART_DUE, POSITION_LOST -> Optional.of(new Action.Stop(version.id(), isOver));
            case STOPPING -> Optional.empty();
            case STARTING, FAILED, RETRY_DUE, UNMATCHED ->
                Optional.of(isOver ? new Action.DeleteState(version.id()) : new Action.Forget(version.id()));
        };
    }
}
