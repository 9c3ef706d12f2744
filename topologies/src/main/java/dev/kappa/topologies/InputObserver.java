package dev.kappa.topologies;

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
     * @param eventTime the record's event time, in milliseconds since the epoch
     */
    void observed(String topic, int partition, long eventTime);
}
