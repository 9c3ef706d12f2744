package dev.kappa.topologies;

import java.time.Duration;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;

/**
 * A state store of a view that can be queried.
 *
 * @param name unique within the view
 * @param kind what it holds
 * @param key type of the keys
 * @param value type of the values
 * @param windows for window stores, the parameters their windows have
 * @param rank for window stores, the numeric field by which {@code top} orders the values of a window
 * @param <K> type of the keys
 * @param <V> type of the values
 */
public record Store<K, V extends SpecificRecord>(
        String name,
        Kind kind,
        DataType.Plain<K> key,
        DataType<V> value,
        Optional<Windows> windows,
        Optional<String> rank) {

    /** What a store holds. */
    public enum Kind {
        KEY_VALUE("key-value"),
        WINDOW("window"),
        SESSION("session");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        /** The name used over HTTP. */
        public String text() {
            return text;
        }
    }

    /**
     * Windows aligned to the epoch.
     *
     * @param size length of each window
     * @param advance from one window's start to the next one's; the size for tumbling windows
     */
    public record Windows(Parameter<Duration> size, Parameter<Duration> advance) {}

    public Store {
        Views.requireName("store", name);
        if ((kind == Kind.WINDOW) != windows.isPresent()) {
            throw new IllegalArgumentException("Store " + name + ": windows belong to window stores, and only to them");
        }
        rank.ifPresent(field -> {
            if (value.schema().getField(field) == null) {
                throw new IllegalArgumentException(
                        "Store " + name + " is ranked by " + field + ", which its values do not have");
            }
        });
    }

    public static <K, V extends SpecificRecord> Store<K, V> keyValue(
            String name, DataType.Plain<K> key, Class<V> value) {
        return new Store<>(name, Kind.KEY_VALUE, key, DataType.of(value), Optional.empty(), Optional.empty());
    }

    /** Tumbling windows of a size, ranked by a numeric field of the value. */
    public static <K, V extends SpecificRecord> Store<K, V> tumbling(
            String name, DataType.Plain<K> key, Class<V> value, Parameter<Duration> size, String rank) {
        return new Store<>(
                name, Kind.WINDOW, key, DataType.of(value), Optional.of(new Windows(size, size)), Optional.of(rank));
    }

    /** Schema of the values. */
    public Schema valueSchema() {
        return value.schema();
    }
}
