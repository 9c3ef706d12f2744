package dev.kappa.topologies;

import dev.kappa.results.WindowedKey;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.streams.kstream.KStream;

/**
 * Keeps the sessions of each key. An event comes too late for a session that an earlier offset of its own source partition was
 * dated past the end of, plus gap and grace.
 *
 * @param <A> what is kept of a session
 */
public final class SessionedAggregation<A extends SpecificRecord> {

    private final ViewTopology view;
    private final Store<String, A> store;

    SessionedAggregation(ViewTopology view, Store<String, A> store) {
        this.view = view;
        this.store = store;
    }

    /**
     * Aggregates events that are keyed as the store is.
     *
     * @param first what is kept of a single event
     * @param merge what is kept of two sessions in one; the first was there before the second
     * @return the sessions as they change; what became part of another is deleted
     */
    public <V> KStream<WindowedKey, A> aggregate(
            KStream<String, V> events, Function<V, A> first, BinaryOperator<Session<A>> merge) {
        return view.sessions(events, store, first, merge);
    }
}
