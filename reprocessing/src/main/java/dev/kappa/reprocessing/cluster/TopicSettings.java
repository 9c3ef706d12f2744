package dev.kappa.reprocessing.cluster;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.config.TopicConfig;

/** Settings of the topics that Kappa writes. */
public final class TopicSettings {

    /** Bound on a record in Kappa's own topics unless another is set: far above the megabyte that brokers allow in others. */
    public static final int DEFAULT_MAX_MESSAGE_BYTES = 16 << 20;

    /** How long a compacted topic keeps the deletion of a key: whoever reads on after a longer time may miss it. */
    public static final Duration DELETIONS_KEPT = Duration.ofDays(7);

    /** The longest time after which a reader continues: a topic is cleaned by the clock of its broker. */
    public static final Duration LONGEST_ABSENCE = DELETIONS_KEPT.minusDays(1);

    private TopicSettings() {}

    /** Records carry event times, which may lie in any past and, by clock skew, a little in the future. */
    public static Map<String, String> keepsAnyTime() {
        var settings = new HashMap<String, String>();
        settings.put(TopicConfig.RETENTION_MS_CONFIG, "-1");
        settings.put(TopicConfig.RETENTION_BYTES_CONFIG, "-1");
        settings.put(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "CreateTime");
        settings.put(TopicConfig.MESSAGE_TIMESTAMP_BEFORE_MAX_MS_CONFIG, String.valueOf(Long.MAX_VALUE));
        settings.put(TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG, String.valueOf(Long.MAX_VALUE));
        return settings;
    }

    /** As {@link #compacted(int)}, with the default bound. */
    public static Map<String, String> compacted() {
        return compacted(DEFAULT_MAX_MESSAGE_BYTES);
    }

    /**
     * Settings of a topic that holds the newest result of each key.
     *
     * @param maxMessageBytes bound on a record
     */
    public static Map<String, String> compacted(int maxMessageBytes) {
        Map<String, String> settings = keepsAnyTime();
        settings.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT);
        settings.put(TopicConfig.DELETE_RETENTION_MS_CONFIG, String.valueOf(DELETIONS_KEPT.toMillis()));
        settings.put(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, String.valueOf(maxMessageBytes));
        return settings;
    }
}
