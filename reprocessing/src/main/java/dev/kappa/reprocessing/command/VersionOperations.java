package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.reprocessing.cluster.VersionId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The operations that change versions of a view. They answer as HTTP does (docs/http.md).
 *
 * <p>With a token, an instance carries them out, and the roles of the token decide. Without one, the command carries them out itself, with
 * the rights of its Kafka user.
 */
interface VersionOperations extends AutoCloseable {

    /**
     * A replay that is asked for.
     *
     * @param view the view
     * @param from where it begins, as the operator wrote it
     * @param settings parameters that are to differ from the active version's
     * @param maxRate maximum records per second over the whole fleet
     * @param allowTruncated whether to start although the history does not reach back far enough
     */
    record Start(
            String view, String from, Map<String, String> settings, Optional<Long> maxRate, boolean allowTruncated) {}

    /** The resources that taking down a version deletes. Nothing is deleted before it is carried out. */
    interface TakeDownPlan {

        /** Version, consumer group, topics and subjects. */
        JsonNode removal();

        /** Takes the version down, unless the view has changed since the plan was made. */
        void carryOut();
    }

    /** Plans a replay. Changes nothing. */
    JsonNode plan(Start start);

    /**
     * Starts a replay, or continues one that was planned but not started.
     *
     * @param planned receives the plan of a new replay
     * @return the version that replays
     */
    VersionId start(Start start, Consumer<JsonNode> planned);

    /** Switches readers to a version: the one given, else the one that is due. */
    JsonNode switchTo(String view, Optional<VersionId> version, boolean force);

    /** Switches readers to the version that was active before. */
    JsonNode rollback(String view, boolean force);

    /** Plans to abort a version: the one given, else the replay under way. */
    TakeDownPlan abort(String view, Optional<VersionId> version);

    /** Plans to retire a version. */
    TakeDownPlan retire(VersionId version, boolean deleteOutput);

    /** Changes the maximum rate of the replay, and returns its version. */
    VersionId throttle(String view, Optional<Long> maxRate);

    /** Restarts a version where it has failed: the one given, else the one that runs. Returns it. */
    VersionId restart(String view, Optional<VersionId> version);

    /** Sends dead letters through the view again; all that can be when none is given. */
    JsonNode resend(String view, List<String> letters);

    /** The version to follow: the one given, else the replay under way, else the active one. Completes a start that was interrupted. */
    VersionId followed(String view, Optional<VersionId> version);

    /** The progress of a version, with its {@code phase} and a {@code detail}. */
    JsonNode progress(VersionId version);

    @Override
    void close();
}
