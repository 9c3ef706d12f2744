package dev.kappa.topologies;

import dev.kappa.topologies.serde.Serdes;
import dev.kappa.topologies.streams.QueryableKeyValueStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.TimestampedKeyValueStore;
import org.apache.kafka.streams.state.VersionedKeyValueStore;
import org.apache.kafka.streams.state.WindowStore;

/**
 * Makes the stores of one topology, and keeps what follows from them: the schemas of their changelogs, and how far back
 * what they hold may go.
 *
 * <p>Not thread-safe; lives while one topology is built.
 */
final class ViewStores {

    /** How long earlier values of a table can be looked up: without limit. */
    private static final Duration TABLE_HISTORY = Duration.ofDays(36_500);

    private static final Duration HISTORY_SEGMENT = Duration.ofDays(30);

    /** How far a task may be ahead of an event whose neighbours are looked up. */
    static final Duration TIMELINE_KEPT = Duration.ofDays(30);

    /**
     * The changelog of windows has no time limit: Kafka counts retention from a record's time, which in a replay is the
     * event time, so a limit would delete old windows' state as soon as it is written.
     */
    private static final Map<String, String> COMPACTED_ONLY =
            Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT);

    private static final String CHANGELOG = "-changelog";

    /** Prefix of the stores that hold updates between two commits only. They have no changelog. */
    private static final String COMBINED = "combined-";

    private final Serdes serdes;
    private final List<WrittenSchema> schemas = new ArrayList<>();

    /** Stores of which it is known how far they look back. */
    private final Set<String> known = new HashSet<>();

    private boolean needsWholeHistory;
    private Duration longestTimeline = Duration.ZERO;

    ViewStores(Serdes serdes) {
        this.serdes = serdes;
    }

    /** Name of the store in which a task combines updates of a store before it sends them on. */
    static String combined(String store) {
        return COMBINED + store;
    }

    /** Whether a store has a changelog. */
    static boolean hasChangelog(String store) {
        return !store.startsWith(COMBINED);
    }

    /** The store of a table; with versions, the value of a key at an earlier time can be looked up. */
    <V extends SpecificRecord> Materialized<String, V, KeyValueStore<Bytes, byte[]>> table(
            String name, Class<V> type, boolean hasVersions) {
        DataType<V> value = DataType.of(type);
        // A replay reads tables from their beginning.
        known.add(name);
        addChangelog(name, DataType.TEXT, value);
        Materialized<String, V, KeyValueStore<Bytes, byte[]>> kept = hasVersions
                ? Materialized.as(Stores.persistentVersionedKeyValueStore(name, TABLE_HISTORY, HISTORY_SEGMENT))
                : Materialized.as(name);
        return kept.withKeySerde(serdes.key(DataType.TEXT)).withValueSerde(serdes.value(value));
    }

    <K, V extends SpecificRecord> Materialized<K, V, KeyValueStore<Bytes, byte[]>> keyValue(Store<K, V> store) {
        needsWholeHistory = true;
        known.add(store.name());
        addChangelog(store.name(), store.key(), store.value());
        return Materialized.<K, V>as(QueryableKeyValueStore.supplier(store.name()))
                .withKeySerde(serdes.key(store.key()))
                .withValueSerde(serdes.value(store.value()));
    }

    <K, V extends SpecificRecord> StoreBuilder<TimestampedKeyValueStore<K, V>> keyValueBuilder(Store<K, V> store) {
        needsWholeHistory = true;
        known.add(store.name());
        addChangelog(store.name(), store.key(), store.value());
        return Stores.timestampedKeyValueStoreBuilder(
                QueryableKeyValueStore.supplier(store.name()), serdes.key(store.key()), serdes.value(store.value()));
    }

    <K, V extends SpecificRecord> StoreBuilder<VersionedKeyValueStore<K, V>> history(Store<K, V> store, Duration kept) {
        addChangelog(store.historyName(), store.key(), store.value());
        return Stores.versionedKeyValueStoreBuilder(
                Stores.persistentVersionedKeyValueStore(store.historyName(), kept, HISTORY_SEGMENT),
                serdes.key(store.key()),
                serdes.value(store.value()));
    }

    /**
     * A store that counts the events of a key at each instant.
     *
     * <p>Events are kept for a month longer than they are looked at: a window store is a sequence of RocksDB databases, each of
     * half its retention time. Without the extra month a replay of sparse history would open and close one for every few events.
     */
    StoreBuilder<WindowStore<String, Long>> timeline(String name, Duration open) {
        known.add(name);
        longestTimeline = open.compareTo(longestTimeline) > 0 ? open : longestTimeline;
        return Stores.windowStoreBuilder(
                        Stores.persistentWindowStore(name, open.plus(TIMELINE_KEPT), open, false),
                        serdes.key(DataType.TEXT),
                        serdes.value(DataType.INT64))
                .withLoggingEnabled(COMPACTED_ONLY);
    }

    <K, V extends SpecificRecord> Materialized<K, V, WindowStore<Bytes, byte[]>> window(
            Store<K, V> store, Duration kept) {
        known.add(store.name());
        addChangelog(store.name(), store.key(), store.value());
        return Materialized.<K, V, WindowStore<Bytes, byte[]>>as(store.name())
                .withKeySerde(serdes.key(store.key()))
                .withValueSerde(serdes.value(store.value()))
                .withRetention(kept)
                .withLoggingEnabled(COMPACTED_ONLY);
    }

    <K, V extends SpecificRecord> StoreBuilder<SessionStore<K, V>> session(Store<K, V> store, Duration kept) {
        known.add(store.name());
        addChangelog(store.name(), store.key(), store.value());
        return Stores.sessionStoreBuilder(
                        Stores.persistentSessionStore(store.name(), kept),
                        serdes.key(store.key()),
                        serdes.value(store.value()))
                .withLoggingEnabled(COMPACTED_ONLY);
    }

    private void addChangelog(String store, DataType<?> key, DataType<?> value) {
        schemas.addAll(WrittenSchema.of(store + CHANGELOG, true, key, value));
    }

    /** Schemas of the changelogs. */
    List<WrittenSchema> schemas() {
        return List.copyOf(schemas);
    }

    /** Whether one of these stores may hold something that depends on the first record of an input. */
    boolean needWholeHistory(Set<String> stores) {
        // How far back other stores look is not known.
        return needsWholeHistory || !stores.stream().allMatch(name -> known.contains(name) || !hasChangelog(name));
    }

    /** The longest time after an event at which a timeline is still asked for it. */
    Duration longestTimeline() {
        return longestTimeline;
    }
}
