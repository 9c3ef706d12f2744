package dev.kappa.reprocessing.replay;

import dev.kappa.reprocessing.cluster.TopicSettings;
import java.util.Optional;

/**
 * How replays are set up.
 *
 * @param maxLag records from its end that each partition may be when a version counts as caught up
 * @param outputPartitions partitions of the output topic of a view that has no active version to go by
 * @param replicationFactor replicas of output topics; absent leaves it to the broker
 * @param maxMessageBytes bound on a record in output topics
 */
public record ReplaySettings(
        long maxLag, int outputPartitions, Optional<Short> replicationFactor, int maxMessageBytes) {

    /** Bound on the lag unless another is set. */
    public static final long DEFAULT_MAX_LAG = 1000;

    /** With the default bound on a record. */
    public ReplaySettings(long maxLag, int outputPartitions, Optional<Short> replicationFactor) {
        this(maxLag, outputPartitions, replicationFactor, TopicSettings.DEFAULT_MAX_MESSAGE_BYTES);
    }
}
