package dev.kappa.app.query;

import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;

/**
 * A query of a store. Ranges are half-open.
 *
 * @param <K> type of the keys
 */
public sealed interface StoreQuery<K> {

    /** Maximum number of items in the answer. */
    int limit();

    /** The same query with its keys in another form. */
    <T> StoreQuery<T> withKeys(Function<K, T> form);

    /** The one key that is asked for; it is in one partition. */
    default Optional<K> onlyKey() {
        return Optional.empty();
    }

    /** Whether it reads a store that keeps the latest values. */
    default boolean isOfKeyValueStore() {
        return false;
    }

    /** The value of a key, as of a time where one is given. */
    record Entry<K>(K key, Optional<Instant> asOf) implements StoreQuery<K> {
        @Override
        public int limit() {
            return 1;
        }

        @Override
        public Optional<K> onlyKey() {
            return Optional.of(key);
        }

        @Override
        public boolean isOfKeyValueStore() {
            return asOf.isEmpty();
        }

        @Override
        public <T> Entry<T> withKeys(Function<K, T> form) {
            return new Entry<>(form.apply(key), asOf);
        }
    }

    /** Entries in ascending order of key. */
    record Entries<K>(Optional<K> from, Optional<K> to, Optional<String> prefix, Optional<ScanCursor> after, int limit)
            implements StoreQuery<K> {
        @Override
        public boolean isOfKeyValueStore() {
            return true;
        }

        @Override
        public <T> Entries<T> withKeys(Function<K, T> form) {
            return new Entries<>(from.map(form), to.map(form), prefix, after, limit);
        }
    }

    /** A key's windows or sessions that start in a range, earliest first. */
    record WindowsOfKey<K>(K key, Instant from, Instant to, Optional<ScanCursor> after, int limit)
            implements StoreQuery<K> {
        @Override
        public Optional<K> onlyKey() {
            return Optional.of(key);
        }

        @Override
        public <T> WindowsOfKey<T> withKeys(Function<K, T> form) {
            return new WindowsOfKey<>(form.apply(key), from, to, after, limit);
        }
    }

    /** Windows or sessions of all keys that start in a range, by start, then key. */
    record Windows<K>(Instant from, Instant to, Optional<ScanCursor> after, int limit) implements StoreQuery<K> {
        @Override
        public <T> Windows<T> withKeys(Function<K, T> form) {
            return new Windows<>(from, to, after, limit);
        }
    }

    /** The largest values of the window that starts at an instant; equal ones by key. */
    record Top<K>(Instant start, int limit) implements StoreQuery<K> {
        @Override
        public <T> Top<T> withKeys(Function<K, T> form) {
            return new Top<>(start, limit);
        }
    }
}
