package dev.kappa.reprocessing.replay;

import dev.kappa.reprocessing.cluster.VersionId;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;

/**
 * Where a version continues by an operator's decision, and what that means for its results.
 *
 * @param version the version
 * @param partitions by topic and number
 * @param topicIds Kafka's ids of the input topics
 */
public record PositionReset(VersionId version, List<Partition> partitions, Map<String, String> topicIds) {

    /**
     * One partition.
     *
     * @param partition of an input or a repartition topic
     * @param offset the next offset that will be read
     * @param begin offset of the first record that is there
     * @param end offset of the next record that will be written
     */
    public record Partition(TopicPartition partition, long offset, long begin, long end) {

        /** What happens, for people. */
        public String text() {
            long read = Math.max(0, end - offset);
            long skipped = Math.max(0, offset - begin);
            return partition.topic() + ", partition " + partition.partition() + ": continues at offset " + offset
                    + (read == 0
                            ? ""
                            : "; " + read + " record" + (read == 1 ? "" : "s")
                                    + " will be read, and counted twice where the version has read them before")
                    + (skipped == 0
                            ? ""
                            : "; " + skipped + " record" + (skipped == 1 ? "" : "s")
                                    + " before it will not be read, and are missed where the version has not read them before");
        }
    }

    public PositionReset {
        partitions = List.copyOf(partitions);
        topicIds = Map.copyOf(topicIds);
    }

    /** Whether the version reads records that were there before. */
    public boolean readsAgain() {
        return partitions.stream().anyMatch(partition -> partition.offset() < partition.end());
    }

    /** The offsets to commit. */
    Map<TopicPartition, Long> offsets() {
        var offsets = new TreeMap<TopicPartition, Long>((a, b) -> a.toString().compareTo(b.toString()));
        partitions.forEach(partition -> offsets.put(partition.partition(), partition.offset()));
        return offsets;
    }
}
