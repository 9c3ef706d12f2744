package dev.kappa.localdev.load;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The record sizes that a topic accepts, and how long it keeps records.
 *
 * @param retention how long it keeps events, counted from their times; absent where it keeps them however old they are
 * @param maxMessageBytes the most bytes of a batch, compressed
 */
record TopicLimits(Optional<Duration> retention, int maxMessageBytes) {

    private static final Logger log = LoggerFactory.getLogger(TopicLimits.class);

    /**
     * Of a topic on the cluster; a topic whose settings this client may not see counts as one without limits.
     *
     * @throws ExecutionException when the cluster does not answer
     */
    static TopicLimits of(Admin admin, String topic) throws ExecutionException, InterruptedException {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        try {
            Map<ConfigResource, Config> found =
                    admin.describeConfigs(List.of(resource)).all().get();
            Config config = Objects.requireNonNull(found.get(resource), topic);
            return new TopicLimits(
                    retention(config), Integer.parseInt(value(config, TopicConfig.MAX_MESSAGE_BYTES_CONFIG)));
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof AuthorizationException)) {
                throw e;
            }
            log.warn("Retention is not checked: no permission to describe the settings of topic {}", topic);
            return new TopicLimits(Optional.empty(), Integer.MAX_VALUE);
        }
    }

    private static Optional<Duration> retention(Config config) {
        boolean deletes = value(config, TopicConfig.CLEANUP_POLICY_CONFIG).contains(TopicConfig.CLEANUP_POLICY_DELETE);
        boolean countsFromEvents =
                value(config, TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG).equals("CreateTime");
        long millis = Long.parseLong(value(config, TopicConfig.RETENTION_MS_CONFIG));
        return deletes && countsFromEvents && millis >= 0 ? Optional.of(Duration.ofMillis(millis)) : Optional.empty();
    }

    private static String value(Config config, String name) {
        ConfigEntry entry = config.get(name);
        return entry == null || entry.value() == null ? "-1" : entry.value();
    }

    /** Whether the broker would delete an event of a time as soon as it is written. */
    boolean isExpired(Optional<Instant> time, Instant now) {
        return retention.isPresent() && time.isPresent() && time.get().isBefore(now.minus(retention.get()));
    }
}
