package dev.kappa.app.alignment;

import org.apache.kafka.common.TopicPartition;

/**
 * Decides where a version continues in a partition for which Kafka has no usable offset. Called on stream threads.
 *
 * <p>All methods throw {@link PositionLostException} when the version must not continue, {@link
 * org.apache.kafka.streams.errors.TaskMigratedException} when another instance has the partition now, and {@link
 * org.apache.kafka.common.errors.GroupIdNotFoundException} when the version has been retired or aborted.
 */
public interface MissingOffsets {

    /** Checks, before records are read, that the version may continue. */
    void requirePlace();

    /** The offset from which a partition is read of which nothing has been committed. */
    long ofUncommitted(TopicPartition partition);

    /**
     * The offset from which a partition is read whose next record is not there.
     *
     * @param position offset of the record that is not there
     * @param begin offset of the first record that is there
     * @param end offset of the next record that will be written
     */
    long ofOutOfRange(TopicPartition partition, long position, long begin, long end);

    /** The place of a version in its inputs is lost: it would count records twice, or leave some out. */
    final class PositionLostException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        public PositionLostException(String message) {
            super(message);
        }
    }
}
