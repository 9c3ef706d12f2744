package dev.kappa.app.query;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.app.query.PartialResult.Item;
import dev.kappa.app.query.PartitionRequest.Reading;
import dev.kappa.app.version.VersionRunner;
import dev.kappa.topologies.Store;
import dev.kappa.topologies.input.KeyBytes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.errors.StreamsNotStartedException;
import org.apache.kafka.streams.errors.StreamsStoppedException;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.query.Query;
import org.apache.kafka.streams.query.QueryResult;
import org.apache.kafka.streams.query.StateQueryRequest;
import org.apache.kafka.streams.query.StateQueryResult;
import org.apache.kafka.streams.query.TimestampedKeyQuery;
import org.apache.kafka.streams.query.TimestampedRangeQuery;
import org.apache.kafka.streams.query.VersionedKeyQuery;
import org.apache.kafka.streams.query.WindowKeyQuery;
import org.apache.kafka.streams.query.WindowRangeQuery;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.apache.kafka.streams.state.VersionedRecord;
import org.apache.kafka.streams.state.WindowStoreIterator;
import org.jspecify.annotations.Nullable;

/**
 * Reads some partitions of one store of a version on this instance. Keys are ordered by their bytes; a request holds at most
 * what it is to answer with in memory. Thread-safe.
 *
 * @param <K> type of the keys
 * @param <V> type of the values
 */
final class LocalStoreReader<K, V extends SpecificRecord> {

    /** Maximum wait for a commit of the stores that is under way; it usually takes milliseconds. */
    private static final Duration COMMIT_WAIT = Duration.ofSeconds(1);

    private final VersionRunner runner;
    private final Store<K, V> store;
    private final Serializer<K> keySerializer;
    private final StoreJson<K, V> json;

    LocalStoreReader(VersionRunner runner, Store<K, V> store) {
        this.runner = runner;
        this.store = store;
        this.keySerializer = store.key().serde().serializer();
        this.json = new StoreJson<>(
                store,
                store.windows().map(windows -> runner.version().parameters().get(windows.size())));
    }

    /** The partition a key is in, as Kafka's default partitioner has it. */
    public int partitionOf(K key) {
        int count = runner.partitions(store.name());
        return KeyBytes.partition(bytes(key).get(), count);
    }

    /** Reads these partitions; the result names those that cannot be read as missing. */
    public PartialResult read(StoreQuery<K> query, Reading reading) {
        if (reading.includesCommitted() && !runner.awaitStoreCommits(COMMIT_WAIT)) {
            return PartialResult.missing(reading.partitions(), "timed out waiting for a commit of the stores");
        }
        var request = new Request(storeOf(query), reading);
        try {
            // Key-value stores guard themselves; their lock and that of the reads must not be waited for together.
            List<Item> found = query.isOfKeyValueStore()
                    ? read(query, request)
                    : runner.reads().read(() -> read(query, request));
            boolean more = found.size() > query.limit();
            return new PartialResult(
                    more ? found.subList(0, query.limit()) : found, more, request.missing, request.staleness);
        } catch (InvalidStateStoreException | IllegalStateException closedMeanwhile) {
            return PartialResult.missing(reading.partitions(), "closed while it was read");
        }
    }

    /** The history of a store is a store of its own, with a changelog of its own. */
    private String storeOf(StoreQuery<K> query) {
        return query instanceof StoreQuery.Entry<K> entry && entry.asOf().isPresent()
                ? store.historyName()
                : store.name();
    }

    private List<Item> read(StoreQuery<K> query, Request request) {
        return switch (query) {
            case StoreQuery.Entry<K> entry -> entry(request, entry);
            case StoreQuery.Entries<K> entries -> entries(request, entries);
            case StoreQuery.WindowsOfKey<K> windows -> windowsOfKey(request, windows);
            case StoreQuery.Windows<K> windows -> windows(request, windows);
            case StoreQuery.Top<K> top -> top(request, top);
        };
    }

    private List<Item> entry(Request request, StoreQuery.Entry<K> query) {
        K key = query.key();
        if (query.asOf().isPresent()) {
            VersionedKeyQuery<K, V> versioned =
                    VersionedKeyQuery.<K, V>withKey(key).asOf(query.asOf().get());
            for (VersionedRecord<V> found : request.ask(versioned)) {
                return List.of(item(bytes(key), json.entry(key, found.value(), found.timestamp())));
            }
        } else {
            for (ValueAndTimestamp<V> found : request.ask(TimestampedKeyQuery.<K, V>withKey(key))) {
                return List.of(item(bytes(key), json.entry(key, found.value(), found.timestamp())));
            }
        }
        return List.of();
    }

    private List<Item> entries(Request request, StoreQuery.Entries<K> query) {
        Optional<Bytes> after = query.after().map(ScanCursor::key);
        Optional<K> from = later(query.from(), later(query.prefix().map(store.key()::parse), after.map(this::key)));
        TimestampedRangeQuery<K, V> range = TimestampedRangeQuery.<K, V>withRange(
                        from.orElse(null), query.to().orElse(null))
                .withAscendingKeys();
        Optional<Bytes> to = query.to().map(this::bytes);
        Optional<Bytes> prefix = query.prefix().map(text -> bytes(store.key().parse(text)));

        var items = new ArrayList<Item>();
        try (var sources = MergedIterators.ordered(request.ask(range), this::bytes)) {
            while (sources.hasNext() && items.size() <= query.limit()) {
                Bytes key = sources.nextKey();
                if (to.filter(bound -> key.compareTo(bound) >= 0).isPresent()
                        || prefix.filter(text -> !startsWith(key, text)).isPresent()) {
                    break;
                }
                KeyValue<K, ValueAndTimestamp<V>> next = sources.next();
                if (after.filter(key::equals).isEmpty()) {
                    items.add(item(key, json.entry(next.key, next.value.value(), next.value.timestamp())));
                }
            }
        }
        return items;
    }

    private List<Item> windowsOfKey(Request request, StoreQuery.WindowsOfKey<K> query) {
        K key = query.key();
        if (store.kind() == Store.Kind.SESSION) {
            return sessions(
                    request.ask(WindowRangeQuery.<K, V>withKey(key)),
                    query.from(),
                    query.to(),
                    query.after(),
                    query.limit());
        }
        Instant begin = begin(query.from(), query.after().map(cursor -> cursor.order() + 1));
        var items = new ArrayList<Item>();
        if (!begin.isBefore(query.to())) {
            return items;
        }
        WindowKeyQuery<K, ValueAndTimestamp<V>> windows =
                WindowKeyQuery.withKeyAndWindowStartRange(key, begin, query.to().minusMillis(1));
        for (WindowStoreIterator<ValueAndTimestamp<V>> found : request.ask(windows)) {
            try (found) {
                while (found.hasNext() && items.size() <= query.limit()) {
                    runner.reads().requireOpen();
                    KeyValue<Long, ValueAndTimestamp<V>> next = found.next();
                    items.add(new Item(new ScanCursor(bytes(key), next.key), json.window(key, next.key, next.value)));
                }
            }
        }
        return items;
    }

    private List<Item> windows(Request request, StoreQuery.Windows<K> query) {
        if (store.kind() == Store.Kind.SESSION) {
            return sessions(request.sessions(), query.from(), query.to(), query.after(), query.limit());
        }
        Instant begin = begin(query.from(), query.after().map(ScanCursor::order));
        if (!begin.isBefore(query.to())) {
            return List.of();
        }
        // Stores order windows by key, so the first by start are found by looking at all and keeping the smallest.
        return smallest(
                request.ask(inRange(begin, query.to())),
                next -> new Candidate(
                        new ScanCursor(bytes(next.key.key()), next.key.window().start()),
                        () -> json.window(next.key.key(), next.key.window().start(), next.value)),
                query.after(),
                query.limit());
    }

    /** Stores order sessions by key and end, so the first by start are found by looking at all. */
    private List<Item> sessions(
            List<KeyValueIterator<Windowed<K>, V>> found,
            Instant from,
            Instant to,
            Optional<ScanCursor> after,
            int limit) {
        return smallest(
                found,
                next -> {
                    Instant start = next.key.window().startTime();
                    return start.isBefore(from) || !start.isBefore(to)
                            ? null
                            : new Candidate(
                                    new ScanCursor(bytes(next.key.key()), start.toEpochMilli()),
                                    () -> json.session(next));
                },
                after,
                limit);
    }

    private List<Item> top(Request request, StoreQuery.Top<K> query) {
        int field = store.valueSchema().getField(store.rank().orElseThrow()).pos();
        return smallest(
                request.ask(inRange(query.start(), query.start().plusMillis(1))),
                next -> new Candidate(
                        ScanCursor.ofRank(rankOf(next.value, field), bytes(next.key.key())),
                        () -> json.entry(next.key.key(), next.value.value(), next.value.timestamp())),
                Optional.empty(),
                query.limit());
    }

    /** Something that may come into the answer. */
    private record Candidate(ScanCursor cursor, Supplier<ObjectNode> json) {}

    /** The first of all by their cursor, and one more than the limit where there are more; closes what it reads. */
    private <A, B> List<Item> smallest(
            List<KeyValueIterator<A, B>> found,
            Function<KeyValue<A, B>, @Nullable Candidate> candidate,
            Optional<ScanCursor> after,
            int limit) {
        var first = new PriorityQueue<Candidate>(
                Comparator.comparing(Candidate::cursor).reversed());
        try (var sources = MergedIterators.unordered(found)) {
            while (sources.hasNext()) {
                runner.reads().requireOpen();
                Candidate next = candidate.apply(sources.next());
                if (next == null
                        || after.filter(last -> next.cursor().compareTo(last) <= 0)
                                .isPresent()) {
                    continue;
                }
                if (first.size() <= limit) {
                    first.add(next);
                } else if (next.cursor().compareTo(first.element().cursor()) < 0) {
                    first.remove();
                    first.add(next);
                }
            }
        }
        return first.stream()
                .sorted(Comparator.comparing(Candidate::cursor))
                .map(chosen -> new Item(chosen.cursor(), chosen.json().get()))
                .toList();
    }

    private static double rankOf(ValueAndTimestamp<? extends SpecificRecord> value, int field) {
        return value.value().get(field) instanceof Number number ? number.doubleValue() : Double.NEGATIVE_INFINITY;
    }

    private WindowRangeQuery<K, ValueAndTimestamp<V>> inRange(Instant from, Instant to) {
        return WindowRangeQuery.withWindowStartRange(from, to.minusMillis(1));
    }

    private static Instant begin(Instant from, Optional<Long> after) {
        return after.map(Instant::ofEpochMilli).filter(from::isBefore).orElse(from);
    }

    private static Item item(Bytes key, ObjectNode json) {
        return new Item(new ScanCursor(key, 0), json);
    }

    /** A key as the store has it. */
    Bytes bytes(K key) {
        return Bytes.wrap(keySerializer.serialize(store.name(), key));
    }

    /** The key that {@link #bytes} serialized. */
    K key(Bytes key) {
        return store.key().serde().deserializer().deserialize(store.name(), key.get());
    }

    private Optional<K> later(Optional<K> a, Optional<K> b) {
        if (a.isEmpty() || b.isEmpty()) {
            return a.or(() -> b);
        }
        return bytes(a.get()).compareTo(bytes(b.get())) >= 0 ? a : b;
    }

    private static boolean startsWith(Bytes key, Bytes prefix) {
        int length = prefix.get().length;
        return key.get().length >= length && Arrays.equals(key.get(), 0, length, prefix.get(), 0, length);
    }

    /** One request of partitions of a store, and what has become of it. */
    private final class Request {
        private final String name;
        private final Set<Integer> partitions = new HashSet<>();
        private final boolean stale;
        private final TreeMap<Integer, String> missing = new TreeMap<>();
        private Duration staleness = Duration.ZERO;

        Request(String name, Reading reading) {
            this.name = name;
            this.stale = reading.staleFor().isPresent();
            for (int partition : reading.partitions()) {
                Optional<Duration> behind = stale ? runner.staleness(name, partition) : Optional.of(Duration.ZERO);
                if (behind.isEmpty()) {
                    missing.put(partition, "no copy that is known to have been complete");
                } else if (behind.get().compareTo(reading.staleFor().orElse(Duration.ZERO)) > 0) {
                    missing.put(partition, "a copy that is " + behind.get() + " behind");
                } else {
                    partitions.add(partition);
                    staleness = behind.get().compareTo(staleness) > 0 ? behind.get() : staleness;
                }
            }
        }

        /** The answers of the partitions that can be read; an absent key is no answer. */
        <R> List<R> ask(Query<R> query) {
            var found = new ArrayList<R>();
            if (partitions.isEmpty()) {
                return found;
            }
            StateQueryRequest<R> request =
                    StateQueryRequest.inStore(name).withQuery(query).withPartitions(partitions);
            StateQueryResult<R> answer;
            try {
                answer = runner.query(stale ? request : request.requireActive());
            } catch (StreamsNotStartedException | StreamsStoppedException e) {
                partitions.forEach(partition -> missing.put(partition, "the version is starting or stopping"));
                return found;
            }
            for (int partition : partitions) {
                QueryResult<R> result = answer.getPartitionResults().get(partition);
                if (result == null) {
                    missing.put(partition, "not here");
                } else if (result.isFailure()) {
                    missing.put(partition, String.valueOf(result.getFailureReason()));
                } else if (result.getResult() != null) {
                    found.add(result.getResult());
                }
            }
            return found;
        }

        /** All sessions; IQv2 has no query for them. */
        List<KeyValueIterator<Windowed<K>, V>> sessions() {
            var found = new ArrayList<KeyValueIterator<Windowed<K>, V>>();
            for (int partition : partitions) {
                try {
                    found.add(runner.<K, V>sessions(name, partition, stale).fetch(null, null));
                } catch (InvalidStateStoreException | IllegalStateException e) {
                    missing.put(partition, String.valueOf(e.getMessage()));
                }
            }
            return found;
        }
    }
}
