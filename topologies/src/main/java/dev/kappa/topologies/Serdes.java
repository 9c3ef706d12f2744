package dev.kappa.topologies;

import org.apache.kafka.common.serialization.Serde;

/** Where a topology gets its serdes from: whoever runs it decides which classes write records and how they are set up. */
public interface Serdes {

    /** A configured serde for keys. */
    <T> Serde<T> key(DataType<T> type);

    /** A configured serde for values. */
    <T> Serde<T> value(DataType<T> type);
}
