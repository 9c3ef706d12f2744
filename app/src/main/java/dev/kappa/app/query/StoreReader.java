package dev.kappa.app.query;

import dev.kappa.app.query.Results.Entry;
import dev.kappa.app.query.Results.Page;
import dev.kappa.app.query.Results.Top;
import dev.kappa.app.query.Results.Window;
import dev.kappa.app.runtime.NotAvailableException;
import dev.kappa.app.runtime.VersionRunner;
import dev.kappa.topologies.Store;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeSet;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyQueryMetadata;
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
 * Reads one store of a version on this instance. Lists are in ascending order of the serialized key, those of windows by
 * start first; a request holds at most one page in memory.
 *
 * @param <K> type of the keys
 * @param <V> type of the values
 */
public final class StoreReader<K, V extends SpecificRecord> {

    private final VersionRunner runner;
    private final Store<K, V> store;
    private final int partitions;
    private final Serializer<K> keySerializer;

    /**
     * Reads a store.
     *
     * @param partitions how many partitions the store has in the whole fleet
     */
    public StoreReader(VersionRunner runner, Store<K, V> store, int partitions) {
        this.runner = runner;
        this.store = store;
        this.partitions = partitions;
        this.keySerializer = store.key().serde().serializer();
    }

    /** Half-open range of keys, as bytes; a missing bound is open. */
    public record KeyRange<K>(Optional<K> from, Optional<K> to, Optional<String> prefix) {}

    /**
     * The value of a key.
     *
     * @throws NotAvailableException when the key's partition is not readable here
     */
    public Optional<Entry> entry(K key) {
        int partition = partitionOf(key);
        ValueAndTimestamp<V> found = one(TimestampedKeyQuery.<K, V>withKey(key), partition);
        return Optional.ofNullable(found).map(value -> entry(key, value));
    }

    /**
     * The value of a key as of a time, the latest that holds from that instant or an earlier one.
     *
     * @throws NotAvailableException when the key's partition is not readable here
     */
    public Optional<Entry> entry(K key, Instant asOf) {
        VersionedRecord<V> found =
                one(store.historyName(), VersionedKeyQuery.<K, V>withKey(key).asOf(asOf), partitionOf(key));
        return Optional.ofNullable(found)
                .map(value -> new Entry(key, value.value(), Instant.ofEpochMilli(value.timestamp())));
    }

    /**
     * Entries in ascending order of key.
     *
     * @throws NotAvailableException when a partition is not readable here
     */
    public Page<Entry> entries(KeyRange<K> range, int limit, Optional<Cursor> after) {
        Optional<K> from = later(
                range.from(),
                later(range.prefix().map(store.key()::parse), after.map(cursor -> deserialized(cursor.key()))));
        TimestampedRangeQuery<K, V> query = TimestampedRangeQuery.<K, V>withRange(
                        from.orElse(null), range.to().orElse(null))
                .withAscendingKeys();
        Optional<Bytes> to = range.to().map(this::serialized);
        Optional<Bytes> prefix =
                range.prefix().map(text -> serialized(store.key().parse(text)));

        var items = new ArrayList<Entry>();
        try (var sources = Sources.ordered(all(query), this::serialized)) {
            Bytes last = null;
            while (sources.hasNext()) {
                Bytes key = sources.nextKey();
                if (to.filter(bound -> key.compareTo(bound) >= 0).isPresent()
                        || prefix.filter(text -> !startsWith(key, text)).isPresent()) {
                    break;
                }
                KeyValue<K, ValueAndTimestamp<V>> next = sources.next();
                if (after.filter(cursor -> cursor.key().equals(key)).isPresent()) {
                    continue;
                }
                if (items.size() == limit) {
                    return new Page<>(items, Optional.of(new Cursor(Objects.requireNonNull(last), 0)));
                }
                items.add(entry(next.key, next.value));
                last = key;
            }
        }
        return new Page<>(items, Optional.empty());
    }

    /**
     * A key's windows that start in {@code [from, to)}, earliest first.
     *
     * @throws NotAvailableException when the key's partition is not readable here
     */
    public Page<Window> windows(K key, Instant from, Instant to, int limit, Optional<Cursor> after) {
        Instant begin = after.map(cursor -> Instant.ofEpochMilli(cursor.start() + 1))
                .filter(from::isBefore)
                .orElse(from);
        if (!begin.isBefore(to)) {
            return new Page<>(List.of(), Optional.empty());
        }
        int partition = partitionOf(key);
        WindowKeyQuery<K, ValueAndTimestamp<V>> query =
                WindowKeyQuery.withKeyAndWindowStartRange(key, begin, to.minusMillis(1));
        var items = new ArrayList<Window>();
        WindowStoreIterator<ValueAndTimestamp<V>> found = one(query, partition);
        if (found == null) {
            return new Page<>(items, Optional.empty());
        }
        try (found) {
            while (found.hasNext()) {
                if (items.size() == limit) {
                    long last = items.getLast().start().toEpochMilli();
                    return new Page<>(items, Optional.of(new Cursor(serialized(key), last)));
                }
                KeyValue<Long, ValueAndTimestamp<V>> next = found.next();
                items.add(window(key, next.key, next.value));
            }
        }
        return new Page<>(items, Optional.empty());
    }

    /**
     * All keys' windows that start in {@code [from, to)}, by start, then key.
     *
     * @throws NotAvailableException when a partition is not readable here
     */
    public Page<Window> windows(Instant from, Instant to, int limit, Optional<Cursor> after) {
        Instant begin = after.map(cursor -> Instant.ofEpochMilli(cursor.start()))
                .filter(from::isBefore)
                .orElse(from);
        if (!begin.isBefore(to)) {
            return new Page<>(List.of(), Optional.empty());
        }
        // Stores order windows by key, so the first by start are found by looking at all and keeping the smallest.
        var page = new PriorityQueue<Place<K, V>>(Place.<K, V>order().reversed());
        Optional<Place<K, V>> last = after.map(cursor -> new Place<>(cursor.start(), cursor.key(), null, null));
        boolean more = false;
        WindowRangeQuery<K, ValueAndTimestamp<V>> query = inRange(begin, to);
        try (var sources = Sources.unordered(all(query))) {
            while (sources.hasNext()) {
                KeyValue<Windowed<K>, ValueAndTimestamp<V>> next = sources.next();
                var place = new Place<K, V>(
                        next.key.window().start(), serialized(next.key.key()), next.key.key(), next.value);
                if (last.filter(seen -> Place.<K, V>order().compare(place, seen) <= 0)
                        .isEmpty()) {
                    page.add(place);
                    if (page.size() > limit) {
                        page.remove();
                        more = true;
                    }
                }
            }
        }
        List<Place<K, V>> places = page.stream().sorted(Place.order()).toList();
        List<Window> items = places.stream()
                .map(place -> window(
                        Objects.requireNonNull(place.key()), place.start(), Objects.requireNonNull(place.value())))
                .toList();
        Optional<Cursor> next = more
                ? Optional.of(
                        new Cursor(places.getLast().keyBytes(), places.getLast().start()))
                : Optional.empty();
        return new Page<>(items, next);
    }

    /**
     * A key's sessions that start in {@code [from, to)}, earliest first.
     *
     * @throws NotAvailableException when the key's partition is not readable here
     */
    public Page<Window> sessions(K key, Instant from, Instant to, int limit, Optional<Cursor> after) {
        WindowRangeQuery<K, V> query = WindowRangeQuery.withKey(key);
        KeyValueIterator<Windowed<K>, V> found = one(query, partitionOf(key));
        return sessions(found == null ? List.of() : List.of(found), from, to, limit, after);
    }

    /**
     * All keys' sessions that start in {@code [from, to)}, by start, then key.
     *
     * @throws NotAvailableException when a partition is not readable here
     */
    public Page<Window> sessions(Instant from, Instant to, int limit, Optional<Cursor> after) {
        var found = new ArrayList<KeyValueIterator<Windowed<K>, V>>();
        var missing = new TreeSet<Integer>();
        for (int partition = 0; partition < partitions; partition++) {
            try {
                found.add(runner.<K, V>sessions(store.name(), partition).fetch(null, null));
            } catch (InvalidStateStoreException | IllegalStateException e) {
                missing.add(partition);
            }
        }
        if (!missing.isEmpty()) {
            found.forEach(KeyValueIterator::close);
            throw missing(missing);
        }
        return sessions(found, from, to, limit, after);
    }

    /** Stores order sessions by key and end, so the first by start are found by looking at all. */
    private Page<Window> sessions(
            List<KeyValueIterator<Windowed<K>, V>> found, Instant from, Instant to, int limit, Optional<Cursor> after) {
        Comparator<Window> order = Comparator.comparing(Window::start).thenComparing(this::keyOf);
        var page = new PriorityQueue<Window>(order.reversed());
        boolean more = false;
        try (var sources = Sources.unordered(found)) {
            while (sources.hasNext()) {
                KeyValue<Windowed<K>, V> next = sources.next();
                Instant start = next.key.window().startTime();
                Instant end = next.key.window().endTime();
                var session = new Window(next.key.key(), start, end, next.value, end);
                boolean seen = after.filter(last -> start.toEpochMilli() < last.start()
                                || (start.toEpochMilli() == last.start()
                                        && keyOf(session).compareTo(last.key()) <= 0))
                        .isPresent();
                if (start.isBefore(from) || !start.isBefore(to) || seen) {
                    continue;
                }
                page.add(session);
                if (page.size() > limit) {
                    page.remove();
                    more = true;
                }
            }
        }
        List<Window> items = page.stream().sorted(order).toList();
        Optional<Cursor> next = more
                ? Optional.of(new Cursor(
                        keyOf(items.getLast()), items.getLast().start().toEpochMilli()))
                : Optional.empty();
        return new Page<>(items, next);
    }

    @SuppressWarnings("unchecked") // The keys of this store's windows are its keys.
    private Bytes keyOf(Window window) {
        return serialized((K) window.key());
    }

    /**
     * The largest values of the latest-starting window that contains an instant; equal ones by key.
     *
     * @throws NotAvailableException when a partition is not readable here
     */
    public Top top(Instant at, int n) {
        Store.Windows windows = store.windows().orElseThrow();
        String rank = store.rank().orElseThrow();
        int field = store.valueSchema().getField(rank).pos();
        Duration advance = runner.version().parameters().get(windows.advance());
        long start = Math.floorDiv(at.toEpochMilli(), advance.toMillis()) * advance.toMillis();
        Instant begin = Instant.ofEpochMilli(start);

        Comparator<Place<K, V>> largestFirst = Comparator.<Place<K, V>>comparingDouble(
                        place -> rankOf(Objects.requireNonNull(place.value()), field))
                .reversed()
                .thenComparing(Place::keyBytes);
        var largest = new PriorityQueue<Place<K, V>>(largestFirst.reversed());
        WindowRangeQuery<K, ValueAndTimestamp<V>> query = inRange(begin, begin.plusMillis(1));
        try (var sources = Sources.unordered(all(query))) {
            while (sources.hasNext()) {
                KeyValue<Windowed<K>, ValueAndTimestamp<V>> next = sources.next();
                largest.add(new Place<K, V>(start, serialized(next.key.key()), next.key.key(), next.value));
                if (largest.size() > n) {
                    largest.remove();
                }
            }
        }
        List<Entry> entries = largest.stream()
                .sorted(largestFirst)
                .map(place -> entry(Objects.requireNonNull(place.key()), Objects.requireNonNull(place.value())))
                .toList();
        return new Top(begin, begin.plus(size()), entries);
    }

    private static double rankOf(ValueAndTimestamp<? extends SpecificRecord> value, int field) {
        return value.value().get(field) instanceof Number number ? number.doubleValue() : Double.NEGATIVE_INFINITY;
    }

    private static <K, V> WindowRangeQuery<K, ValueAndTimestamp<V>> inRange(Instant from, Instant to) {
        return WindowRangeQuery.withWindowStartRange(from, to.minusMillis(1));
    }

    private Entry entry(K key, ValueAndTimestamp<V> value) {
        return new Entry(key, value.value(), Instant.ofEpochMilli(value.timestamp()));
    }

    private Window window(K key, long start, ValueAndTimestamp<V> value) {
        Instant begin = Instant.ofEpochMilli(start);
        return new Window(key, begin, begin.plus(size()), value.value(), Instant.ofEpochMilli(value.timestamp()));
    }

    private Duration size() {
        return runner.version().parameters().get(store.windows().orElseThrow().size());
    }

    private Bytes serialized(K key) {
        return Bytes.wrap(keySerializer.serialize(store.name(), key));
    }

    private K deserialized(Bytes key) {
        return store.key().serde().deserializer().deserialize(store.name(), key.get());
    }

    private Optional<K> later(Optional<K> a, Optional<K> b) {
        if (a.isEmpty() || b.isEmpty()) {
            return a.or(() -> b);
        }
        return serialized(a.get()).compareTo(serialized(b.get())) >= 0 ? a : b;
    }

    private static boolean startsWith(Bytes key, Bytes prefix) {
        int length = prefix.get().length;
        return key.get().length >= length && Arrays.equals(key.get(), 0, length, prefix.get(), 0, length);
    }

    private int partitionOf(K key) {
        try {
            KeyQueryMetadata location = runner.locate(store.name(), key, keySerializer);
            if (location != null && !location.equals(KeyQueryMetadata.NOT_AVAILABLE)) {
                return location.partition();
            }
        } catch (InvalidStateStoreException | IllegalStateException e) {
            // Falls through to the same message.
        }
        throw new NotAvailableException("Store " + store.name() + " of "
                + runner.version().id() + " is not readable here: the version is " + runner.state());
    }

    private <R> R one(Query<R> query, int partition) {
        return one(store.name(), query, partition);
    }

    private <R> R one(String storeName, Query<R> query, int partition) {
        StateQueryResult<R> answer = ask(StateQueryRequest.inStore(storeName)
                .withQuery(query)
                .withPartitions(Set.of(partition))
                .requireActive());
        QueryResult<R> result = answer.getPartitionResults().get(partition);
        if (result == null || result.isFailure()) {
            throw missing(Set.of(partition));
        }
        return result.getResult();
    }

    private <A, B> List<KeyValueIterator<A, B>> all(Query<KeyValueIterator<A, B>> query) {
        StateQueryResult<KeyValueIterator<A, B>> answer =
                ask(StateQueryRequest.inStore(store.name()).withQuery(query).requireActive());
        var found = new ArrayList<KeyValueIterator<A, B>>();
        var missing = new TreeSet<Integer>();
        for (int partition = 0; partition < partitions; partition++) {
            QueryResult<KeyValueIterator<A, B>> result =
                    answer.getPartitionResults().get(partition);
            if (result == null || result.isFailure()) {
                missing.add(partition);
            } else {
                found.add(result.getResult());
            }
        }
        if (missing.isEmpty()) {
            return found;
        }
        found.forEach(KeyValueIterator::close);
        throw missing(missing);
    }

    private <R> StateQueryResult<R> ask(StateQueryRequest<R> request) {
        try {
            return runner.query(request);
        } catch (StreamsNotStartedException | StreamsStoppedException e) {
            throw new NotAvailableException("Store " + store.name() + " of "
                    + runner.version().id() + " is not readable here: the version is " + runner.state());
        }
    }

    private NotAvailableException missing(Set<Integer> missing) {
        return new NotAvailableException("Store " + store.name() + " of "
                + runner.version().id()
                + " is not readable here in partitions " + missing + ": they are being moved or restored, or are on"
                + " another instance");
    }

    /** Where a window stands in the order of windows; of a page's last item, only the place is known. */
    private record Place<K, V>(
            long start,
            Bytes keyBytes,
            @Nullable K key,
            @Nullable ValueAndTimestamp<V> value) {

        static <K, V> Comparator<Place<K, V>> order() {
            return Comparator.<Place<K, V>>comparingLong(Place::start).thenComparing(Place::keyBytes);
        }
    }
}
