package dev.kappa.app.alignment;

import java.util.OptionalLong;
import org.apache.kafka.common.TopicPartition;

/** The logs of a consumer's partitions, as far as the consumer knows them. */
interface PartitionLog {

    /** Records after the position; empty when the consumer does not know. */
    OptionalLong lag(TopicPartition partition);

    /** The offset of the next record that will be polled. */
    long position(TopicPartition partition);

    /** The end as it is now; asks the broker. */
    long end(TopicPartition partition);
}
