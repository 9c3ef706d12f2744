package dev.kappa.topologies.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.junit.jupiter.api.Test;

class KnownPartitionsAssignorTest {

    @Test
    void partitionsThatWereAddedAreLeftOut() {
        var node = new Node(1, "broker", 9092);
        List<PartitionInfo> partitions = IntStream.range(0, 12)
                .mapToObj(i -> new PartitionInfo(
                        i < 8 ? "posts" : "internal", i % 8, node, new Node[] {node}, new Node[] {node}))
                .toList();
        var cluster = new Cluster("id", List.of(node), partitions, Set.of(), Set.of());

        Cluster known = KnownPartitionsAssignor.known(cluster, Map.of("posts", 4, "other", 1));

        assertThat(known.partitionsForTopic("posts"))
                .extracting(PartitionInfo::partition)
                .containsExactlyInAnyOrder(0, 1, 2, 3);
        assertThat(known.partitionsForTopic("internal")).hasSize(4);
        assertThat(known.nodes()).containsExactly(node);
        assertThat(known.clusterResource().clusterId()).isEqualTo("id");
    }
}
