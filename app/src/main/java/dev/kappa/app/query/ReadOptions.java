package dev.kappa.app.query;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;

/**
 * How a client wants a store to be read.
 *
 * @param maxStaleness how old the answer may be; absent: as old as the most complete copy is
 * @param minPosition offsets of records that the answer must include
 * @param maxWait how long the client waits for them to be applied
 * @param isPartial whether an answer without some partitions will do
 * @param caller who asks, where each caller has a share of its own
 */
public record ReadOptions(
        Optional<Duration> maxStaleness,
        Map<TopicPartition, Long> minPosition,
        Duration maxWait,
        boolean isPartial,
        Optional<String> caller) {

    public ReadOptions {
        minPosition = Map.copyOf(minPosition);
    }
}
