package dev.kappa.topologies;

import org.apache.avro.specific.SpecificRecord;

/**
 * The output topic of a view: the newest value of each key, so the topic is compacted.
 *
 * @param key type of the keys
 * @param value type of the values
 * @param <K> type of the keys
 * @param <V> type of the values
 */
public record Output<K, V extends SpecificRecord>(DataType<K> key, DataType<V> value) {

    public static <K, V extends SpecificRecord> Output<K, V> of(DataType<K> key, Class<V> value) {
        return new Output<>(key, DataType.of(value));
    }
}
