package dev.kappa.app.query;

import java.time.Instant;
import java.util.Optional;

/**
 * What is asked of a store. Ranges are half-open.
 *
 * @param <K> type of the keys
 */
public sealed interface StoreQuery<K> {

    /** How many items are wanted at most. */
    int limit();

    /** The one key that is asked for; it is in one partition. */
    default Optional<K> onlyKey() {
        return Optional.empty();
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
    }

    /** Entries in ascending order of key. */
    record Entries<K>(Optional<K> from, Optional<K> to, Optional<String> prefix, Optional<Place> after, int limit)
            implements StoreQuery<K> {}

    /** A key's windows or sessions that start in a range, earliest first. */
    record WindowsOfKey<K>(K key, Instant from, Instant to, Optional<Place> after, int limit) implements StoreQuery<K> {
        @Override
        public Optional<K> onlyKey() {
            return Optional.of(key);
        }
    }

    /** Windows or sessions of all keys that start in a range, by start, then key. */
    record Windows<K>(Instant from, Instant to, Optional<Place> after, int limit) implements StoreQuery<K> {}

    /** The largest values of the window that starts at an instant; equal ones by key. */
    record Top<K>(Instant start, int limit) implements StoreQuery<K> {}
}
