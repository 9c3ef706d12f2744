package dev.kappa.topologies;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.streams.Topology;

/**
 * The topology of a definition, and the parts it declares.
 *
 * @param topology for Kafka Streams
 * @param maxSkew how far apart in event time its input partitions may be read without anything being lost: a window
 *     store lets go of what is older than its retention, counted back from the newest event
 * @param lookBack how much older input than its own time a result needs: what windows, sessions and timelines that may follow
 *     each other look back together. Empty when a result may depend on the whole history, as the values of a key-value store do
 * @param schemas of what it writes in Avro
 */
public record BuiltTopology(
        Topology topology, Duration maxSkew, Optional<Duration> lookBack, List<WrittenSchema> schemas) {
    public BuiltTopology {
        schemas = List.copyOf(schemas);
    }
}
