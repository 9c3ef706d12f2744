package dev.kappa.localdev.load;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The record sizes that a topic accepts, how long it keeps records, and how new these are.
 *
 * @param retention how long it keeps events, counted from their times; absent where it keeps them however old they are
 * @param maxMessageBytes the most bytes of a batch, compressed
 * @param newest time of its newest record; absent where it has none, or times are not those of events
 */
record TopicLimits(Optional<Duration> retention, int maxMessageBytes, Optional<Instant> newest) {

    private static final Logger log = LoggerFactory.getLogger(TopicLimits.class);

    /**
     * Of a topic on the cluster; a topic whose settings this client may not see counts as one without limits.
     *
     * @throws ExecutionException when the cluster does not answer
     */
    static TopicLimits of(Admin admin, String topic, int partitions) throws ExecutionException, InterruptedException {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        try {
            Map<ConfigResource, Config> found =
                    admin.describeConfigs(List.of(resource)).all().get();
            Config config = Objects.requireNonNull(found.get(resource), topic);
            return new TopicLimits(
                    retention(config),
                    Integer.parseInt(value(config, TopicConfig.MAX_MESSAGE_BYTES_CONFIG)),
                    hasEventTimes(config) ? newest(admin, topic, partitions) : Optional.empty());
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof AuthorizationException)) {
                throw e;
            }
            log.warn("Retention is not checked: no permission to describe the settings of topic {}", topic);
            return new TopicLimits(Optional.empty(), Integer.MAX_VALUE, Optional.empty());
        }
    }

    private static boolean hasEventTimes(Config config) {
        return value(config, TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG).equals("CreateTime");
    }

    private static Optional<Instant> newest(Admin admin, String topic, int partitions)
            throws ExecutionException, InterruptedException {
        Map<TopicPartition, OffsetSpec> asked = IntStream.range(0, partitions)
                .boxed()
                .collect(Collectors.toMap(
                        partition -> new TopicPartition(topic, partition), _ -> OffsetSpec.maxTimestamp()));
        return admin.listOffsets(asked).all().get().values().stream()
                .map(ListOffsetsResult.ListOffsetsResultInfo::timestamp)
                .filter(timestamp -> timestamp >= 0)
                .max(Long::compareTo)
                .map(Instant::ofEpochMilli);
    }

    private static Optional<Duration> retention(Config config) {
        boolean deletes = value(config, TopicConfig.CLEANUP_POLICY_CONFIG).contains(TopicConfig.CLEANUP_POLICY_DELETE);
        long millis = Long.parseLong(value(config, TopicConfig.RETENTION_MS_CONFIG));
        return deletes && hasEventTimes(config) && millis >= 0
                ? Optional.of(Duration.ofMillis(millis))
                : Optional.empty();
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
