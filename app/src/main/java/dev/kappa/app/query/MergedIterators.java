package dev.kappa.app.query;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.PriorityQueue;
import java.util.function.Function;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;

/**
 * The iterators of a store's partitions, merged in ascending order of serialized key, which each already follows. Closes
 * them all.
 */
final class MergedIterators<K, V> implements AutoCloseable {

    private record Head<K, V>(Bytes key, KeyValue<K, V> item, KeyValueIterator<K, V> rest) {}

    private final List<KeyValueIterator<K, V>> iterators;
    private final Function<K, Bytes> serializer;
    private final PriorityQueue<Head<K, V>> heads = new PriorityQueue<>(Comparator.comparing(Head::key));

    private MergedIterators(List<KeyValueIterator<K, V>> iterators, Function<K, Bytes> serializer) {
        this.iterators = new ArrayList<>(iterators);
        this.serializer = serializer;
        try {
            iterators.forEach(this::advance);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    static <K, V> MergedIterators<K, V> ordered(List<KeyValueIterator<K, V>> iterators, Function<K, Bytes> serializer) {
        return new MergedIterators<>(iterators, serializer);
    }

    /** One partition after the other, in whatever order. */
    static <K, V> MergedIterators<K, V> unordered(List<KeyValueIterator<K, V>> iterators) {
        return new MergedIterators<>(iterators, _ -> Bytes.wrap(new byte[0]));
    }

    private void advance(KeyValueIterator<K, V> iterator) {
        if (iterator.hasNext()) {
            KeyValue<K, V> item = iterator.next();
            heads.add(new Head<>(serializer.apply(item.key), item, iterator));
        }
    }

    boolean hasNext() {
        return !heads.isEmpty();
    }

    /** The serialized key of what {@link #next} returns. */
    Bytes nextKey() {
        Head<K, V> head = heads.peek();
        if (head == null) {
            throw new NoSuchElementException();
        }
        return head.key();
    }

    KeyValue<K, V> next() {
        Head<K, V> head = heads.remove();
        advance(head.rest());
        return head.item();
    }

    @Override
    public void close() {
        iterators.forEach(KeyValueIterator::close);
    }
}
