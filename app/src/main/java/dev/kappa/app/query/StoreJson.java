package dev.kappa.app.query;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.avro.json.AvroJson;
import dev.kappa.topologies.Store;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.state.ValueAndTimestamp;

/**
 * The entries, windows and sessions of one store as JSON. Thread-safe.
 *
 * @param store whose they are
 * @param windowSize of a window store
 * @param <K> type of the keys
 * @param <V> type of the values
 */
record StoreJson<K, V extends SpecificRecord>(Store<K, V> store, Optional<Duration> windowSize) {

    ObjectNode entry(K key, V value, long timestamp) {
        return valued(keyed(key), value, timestamp);
    }

    ObjectNode window(K key, long start, ValueAndTimestamp<V> value) {
        long end = start + windowSize.orElseThrow().toMillis();
        return window(key, start, end, value.value(), value.timestamp());
    }

    /** The end of a session is the time of its last event. */
    ObjectNode session(KeyValue<Windowed<K>, V> session) {
        long end = session.key.window().end();
        return window(session.key.key(), session.key.window().start(), end, session.value, end);
    }

    private ObjectNode window(K key, long start, long end, V value, long timestamp) {
        ObjectNode json = keyed(key);
        json.put("start", Instant.ofEpochMilli(start).toString());
        json.put("end", Instant.ofEpochMilli(end).toString());
        return valued(json, value, timestamp);
    }

    private ObjectNode keyed(K key) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.set("key", AvroJson.toJson(store.key().schema(), key));
        return json;
    }

    private ObjectNode valued(ObjectNode json, V value, long timestamp) {
        json.set("value", AvroJson.toJson(store.valueSchema(), value));
        return json.put("timestamp", Instant.ofEpochMilli(timestamp).toString());
    }
}
