package dev.kappa.topologies.streams;

import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.streams.processor.internals.TopicPartitionMetadata;

/** The time of a partition that Kafka Streams commits with an offset, and continues from when it reads from that offset again. */
public final class CommittedPartitionTime {

    private CommittedPartitionTime() {}

    /**
     * The offset with a time that is at least as late as another.
     *
     * @param time in milliseconds since the epoch
     */
    public static OffsetAndMetadata atLeast(OffsetAndMetadata offset, long time) {
        TopicPartitionMetadata committed = TopicPartitionMetadata.decode(offset.metadata());
        return committed.partitionTime() >= time
                ? offset
                : new OffsetAndMetadata(
                        offset.offset(),
                        offset.leaderEpoch(),
                        new TopicPartitionMetadata(time, committed.processorMetadata()).encode());
    }
}
