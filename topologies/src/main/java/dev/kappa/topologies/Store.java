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
 * @param windows for window stores, the windows they have
 * @param sessions for session stores, what ends a session
 * @param rank for window stores, the numeric field by which {@code top} orders the values of a window
 * @param history for key-value stores that can be asked as of a time, how far back
 * @param <K> type of the keys
 * @param <V> type of the values
 */
public record Store<K, V extends SpecificRecord>(
        String name,
        Kind kind,
        DataType.Plain<K> key,
        DataType<V> value,
        Optional<Windows> windows,
        Optional<Sessions> sessions,
        Optional<String> rank,
        Optional<Parameter<Duration>> history) {

    /** The kinds of stores. */
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

    public Store {
        Views.requireName("store", name);
        if ((kind == Kind.WINDOW) != windows.isPresent()) {
            throw new IllegalArgumentException("Store " + name + ": windows belong to window stores, and only to them");
        }
        if ((kind == Kind.SESSION) != sessions.isPresent()) {
            throw new IllegalArgumentException("Store " + name + ": a gap belongs to session stores, and only to them");
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
        return keyValue(name, key, value, Optional.empty());
    }

    /** Key-value, with a second store of what each value was at any time. */
    public static <K, V extends SpecificRecord> Store<K, V> versioned(
            String name, DataType.Plain<K> key, Class<V> value, Parameter<Duration> history) {
        return keyValue(name, key, value, Optional.of(history));
    }

    private static <K, V extends SpecificRecord> Store<K, V> keyValue(
            String name, DataType.Plain<K> key, Class<V> value, Optional<Parameter<Duration>> history) {
        return new Store<>(
                name,
                Kind.KEY_VALUE,
                key,
                DataType.of(value),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                history);
    }

    /** Sessions. The end of a session is the time of its last event. */
    public static <K, V extends SpecificRecord> Store<K, V> sessions(
            String name, DataType.Plain<K> key, Class<V> value, Sessions sessions) {
        return new Store<>(
                name,
                Kind.SESSION,
                key,
                DataType.of(value),
                Optional.empty(),
                Optional.of(sessions),
                Optional.empty(),
                Optional.empty());
    }

    /** Windows, ranked by a numeric field of the value. */
    public static <K, V extends SpecificRecord> Store<K, V> windowed(
            String name, DataType.Plain<K> key, Class<V> value, Windows windows, String rank) {
        return new Store<>(
                name,
                Kind.WINDOW,
                key,
                DataType.of(value),
                Optional.of(windows),
                Optional.empty(),
                Optional.of(rank),
                Optional.empty());
    }

    /** Name of the second store, of what each value was at any time. */
    public String historyName() {
        return name + "-history";
    }

    /** Schema of the values. */
    public Schema valueSchema() {
        return value.schema();
    }
}
