package dev.kappa.app.version;

import dev.kappa.app.config.HostAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyQueryMetadata;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.processor.StreamPartitioner;

/** Which instances have the partitions of a version's stores, as the consumer group knows it. Thread-safe. */
final class StoreLocations {

    /** Kafka Streams computes the answer anew for each question, so it is kept for this long. */
    private static final Duration CACHED = Duration.ofMillis(100);

    private record StorePartition(String store, int partition) {}

    private record Known(List<String> instances, long sinceNanos) {}

    /** Says of every key that it is in one partition. */
    private record OnePartition(int partition) implements StreamPartitioner<Object, Object> {
        @Override
        public Optional<Set<Integer>> partitions(
                String topic, Object key, Object value, Headers headers, int partitions) {
            return Optional.of(Set.of(partition));
        }

        /** Never called: it is there until Kafka removes it, since it is abstract. */
        @Override
        @SuppressWarnings("removal")
        public Optional<Set<Integer>> partitions(String topic, Object key, Object value, int partitions) {
            return Optional.of(Set.of(partition));
        }
    }

    private final KafkaStreams streams;
    private final Map<StorePartition, Known> known = new ConcurrentHashMap<>();

    StoreLocations(KafkaStreams streams) {
        this.streams = streams;
    }

    /** The instances as {@code host:port}, the active one first; empty while nothing is known of the partition. */
    List<String> instancesOf(String store, int partition) {
        var key = new StorePartition(store, partition);
        Known cached = known.get(key);
        if (cached != null && System.nanoTime() - cached.sinceNanos() < CACHED.toNanos()) {
            return cached.instances();
        }
        KeyQueryMetadata metadata;
        try {
            metadata = streams.queryMetadataForKey(store, partition, new OnePartition(partition));
        } catch (InvalidStateStoreException | IllegalStateException notRunning) {
            return List.of();
        }
        if (metadata == null || metadata.equals(KeyQueryMetadata.NOT_AVAILABLE)) {
            return List.of();
        }
        List<String> instances = Stream.concat(Stream.of(metadata.activeHost()), metadata.standbyHosts().stream())
                .filter(host -> host.port() > 0)
                .map(host -> HostAddress.of(host.host(), host.port()))
                .toList();
        known.put(key, new Known(instances, System.nanoTime()));
        return instances;
    }
}
