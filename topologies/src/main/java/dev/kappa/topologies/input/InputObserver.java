package dev.kappa.topologies.input;

import dev.kappa.topologies.eventtime.Lateness;
import dev.kappa.topologies.guard.RecordsInProgress;
import java.time.Duration;

/** Told of each input record when Kafka Streams takes it up, on the stream thread that does. Must be fast. */
@FunctionalInterface
public interface InputObserver {

    /** Observes nothing. */
    InputObserver NONE = (_, _, _) -> {};

    /**
     * Takes note of one record.
     *
     * @param topic the input topic
     * @param partition its partition
     * @param eventTime the record's event time, in milliseconds since the epoch; negative when it has none
     */
    void observed(String topic, int partition, long eventTime);

    /**
     * Whether records carry how far their own partition has come, by which lateness is told ({@link Lateness}). Without,
     * operators tell it by what they happen to have seen themselves, as Kafka Streams does.
     */
    default boolean marksPartitionTime() {
        return true;
    }

    /**
     * How soon after a commit the next one may be, as of now, while the view keeps up with its inputs; zero, once for all, leaves
     * commits to Kafka Streams, whose interval then holds at all times.
     */
    default Duration commitInterval() {
        return Duration.ZERO;
    }

    /**
     * Whether there is so much to read that nobody waits for single results: they are then committed in large transactions, which
     * cost less.
     */
    default boolean isBehind() {
        return false;
    }

    /** The partitions of an input, by which it is told where a key belongs; 0 when that is not known. */
    default int partitions(String topic) {
        return 0;
    }

    /** The most bytes that a record's key, value and headers may have: a larger one cannot be passed on. */
    default int maxRecordBytes() {
        return Integer.MAX_VALUE;
    }

    /**
     * Takes note of a record that shows a problem of its whole input. Called for each such record.
     *
     * @param example the record's part in it, for people
     */
    default void found(String topic, InputProblem problem, String example) {}

    /** The records that are being processed; one object for each version. */
    default RecordsInProgress records() {
        return new RecordsInProgress();
    }

    /** The present by this host's clock, in milliseconds since the epoch; far in the future for one who has none. */
    default long present() {
        return Long.MAX_VALUE / 2;
    }
}
