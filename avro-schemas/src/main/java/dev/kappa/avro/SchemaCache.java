package dev.kappa.avro;

import java.util.function.Function;
import org.apache.kafka.common.cache.Cache;
import org.apache.kafka.common.cache.LRUCache;
import org.apache.kafka.common.cache.SynchronizedCache;

/**
 * What was made of schemas. A producer chooses which schemas its records name, and a registry may hold any number of them, so the
 * least recently used ones are forgotten beyond a bound. Thread-safe.
 *
 * @param <K> names a schema
 * @param <V> what was made of it
 */
final class SchemaCache<K, V> {

    private static final int MAX_SCHEMAS = 1_000;

    private final Cache<K, V> cache = new SynchronizedCache<>(new LRUCache<>(MAX_SCHEMAS));

    /** The value of a key, which is made when it is not known. Two threads may make it twice; a failure is not remembered. */
    V computeIfAbsent(K key, Function<K, V> make) {
        V known = cache.get(key);
        if (known != null) {
            return known;
        }
        V made = make.apply(key);
        cache.put(key, made);
        return made;
    }
}
