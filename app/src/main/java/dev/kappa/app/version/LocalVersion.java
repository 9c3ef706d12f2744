package dev.kappa.app.version;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A version as it is on this instance. */
sealed interface LocalVersion {

    /** Time after which a version that could not be started is started again. */
    Duration RETRY_INTERVAL = Duration.ofSeconds(10);

    /** For reports, readiness and people. */
    VersionState state();

    /**
     * For plans.
     *
     * @param nowNanos by {@link System#nanoTime}
     * @param restarts of the version, as the catalog knows them
     */
    VersionPlan.Standing standing(long nowNanos, int restarts);

    /** Details of the state. */
    default Optional<String> detail() {
        return Optional.empty();
    }

    /** About to be started. */
    record Starting() implements LocalVersion {
        @Override
        public VersionPlan.Standing standing(long nowNanos, int restarts) {
            return VersionPlan.Standing.STARTING;
        }

        @Override
        public VersionState state() {
            return VersionState.STARTING;
        }
    }

    record Run(VersionRunner runner) implements LocalVersion {
        @Override
        public VersionPlan.Standing standing(long nowNanos, int restarts) {
            return switch (runner.state()) {
                case POSITION_LOST -> VersionPlan.Standing.POSITION_LOST;
                case FAILED ->
                    restarts > runner.version().version().restarts()
                            ? VersionPlan.Standing.RESTART_DUE
                            : VersionPlan.Standing.RUNNING;
                default -> VersionPlan.Standing.RUNNING;
            };
        }

        @Override
        public VersionState state() {
            return runner.state();
        }

        @Override
        public Optional<String> detail() {
            return Optional.of(runner.failure()).filter(failure -> !failure.isEmpty());
        }
    }

    /**
     * Could not be started; tried again later.
     *
     * @param state {@link VersionState#FAILED} or {@link VersionState#POSITION_LOST}
     * @param atNanos when, by {@link System#nanoTime}
     */
    record Failed(String reason, VersionState state, long atNanos) implements LocalVersion {
        @Override
        public VersionPlan.Standing standing(long nowNanos, int restarts) {
            return nowNanos - atNanos > RETRY_INTERVAL.toNanos()
                    ? VersionPlan.Standing.RETRY_DUE
                    : VersionPlan.Standing.FAILED;
        }

        @Override
        public Optional<String> detail() {
            return Optional.of(reason);
        }
    }

    /** This build's definition makes another version. */
    record Unmatched(List<String> differences) implements LocalVersion {
        @Override
        public VersionPlan.Standing standing(long nowNanos, int restarts) {
            return VersionPlan.Standing.UNMATCHED;
        }

        @Override
        public VersionState state() {
            return VersionState.NEEDS_REPLAY;
        }

        @Override
        public Optional<String> detail() {
            return Optional.of(String.join("; ", differences));
        }
    }

    /**
     * Being stopped.
     *
     * @param state what it is until it is started again; {@link VersionState#STOPPED} when it is not
     */
    record Stopping(VersionState state) implements LocalVersion {
        @Override
        public VersionPlan.Standing standing(long nowNanos, int restarts) {
            return VersionPlan.Standing.STOPPING;
        }

        @Override
        public Optional<String> detail() {
            return Optional.of(
                    "Its threads still process a record or wait for brokers. A restart of this instance ends them.");
        }
    }
}
