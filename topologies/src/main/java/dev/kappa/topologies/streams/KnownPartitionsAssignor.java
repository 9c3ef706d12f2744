package dev.kappa.topologies.streams;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.streams.processor.internals.StreamsPartitionAssignor;

/**
 * Kafka Streams' assignor, for an application that reads the partitions of its inputs that it began with. Kafka Streams makes a task
 * of each partition that there is, and fails when one was added, since the internal topics have fewer.
 */
public final class KnownPartitionsAssignor extends StreamsPartitionAssignor {

    /** How many partitions of each input topic are read, in the configuration of the consumer: a map of topics to numbers. */
    private static final String PARTITIONS = "kappa.input.partitions";

    private final Map<String, Integer> partitions = new HashMap<>();

    /**
     * The configuration of a main consumer with this assignor.
     *
     * @param config as Kafka Streams makes it
     * @param partitions how many partitions of each input topic are read
     */
    public static Map<String, Object> in(Map<String, Object> config, Map<String, Integer> partitions) {
        var with = new HashMap<>(config);
        with.put(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, KnownPartitionsAssignor.class.getName());
        with.put(PARTITIONS, partitions);
        return with;
    }

    @Override
    public void configure(Map<String, ?> configs) {
        super.configure(configs);
        if (configs.get(PARTITIONS) instanceof Map<?, ?> given) {
            given.forEach((topic, count) -> partitions.put(String.valueOf(topic), (Integer) count));
        }
    }

    @Override
    public GroupAssignment assign(Cluster metadata, GroupSubscription subscriptions) {
        return super.assign(known(metadata, partitions), subscriptions);
    }

    /** A cluster without the partitions that are not read. */
    static Cluster known(Cluster cluster, Map<String, Integer> partitions) {
        List<PartitionInfo> known = new ArrayList<>();
        for (String topic : cluster.topics()) {
            int count = partitions.getOrDefault(topic, Integer.MAX_VALUE);
            cluster.partitionsForTopic(topic).stream()
                    .filter(partition -> partition.partition() < count)
                    .forEach(known::add);
        }
        return new Cluster(
                cluster.clusterResource().clusterId(),
                cluster.nodes(),
                known,
                cluster.unauthorizedTopics(),
                cluster.invalidTopics(),
                cluster.internalTopics(),
                cluster.controller());
    }
}
