package dev.kappa.topologies;

import dev.kappa.results.WindowedKey;
import java.util.function.BinaryOperator;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.streams.kstream.Aggregator;
import org.apache.kafka.streams.kstream.Initializer;
import org.apache.kafka.streams.kstream.KStream;

/**
 * Aggregates the events of each key per window of a store. An event counts in each of its windows that it does not come too
 * late for: when an earlier offset of its own source partition was dated at or past the window's end plus grace.
 *
 * @param <A> the aggregates
 */
public final class WindowedAggregation<A extends SpecificRecord> {

    private final ViewTopology view;
    private final Store<String, A> store;

    WindowedAggregation(ViewTopology view, Store<String, A> store) {
        this.view = view;
        this.store = store;
    }

    /**
     * Aggregates events that are keyed as the store is, on the partition where their key belongs. Behind a repartition the
     * order of events from different partitions is open, so what is computed there must not depend on it.
     *
     * @param none the aggregate of no event
     * @param add adds an event
     * @return the aggregates as they change
     */
    public <V> KStream<WindowedKey, A> aggregate(
            KStream<String, V> events, Initializer<A> none, Aggregator<String, V, A> add) {
        return view.aggregate(events, store, none, add);
    }

    /**
     * Aggregates events of a key that is not that of their input, through a repartition topic.
     *
     * @param repartition name of the repartition topic
     */
    public Rekeyed<A> rekeyed(String repartition) {
        return new Rekeyed<>(view, store, repartition);
    }

    /**
     * The same for events of a new key: combines what a task has read, sends that through a repartition topic to the task that
     * has the key, and merges it there. What is computed must depend neither on the order of events nor on how they are grouped.
     *
     * @param <A> the aggregates
     */
    public static final class Rekeyed<A extends SpecificRecord> {

        private final ViewTopology view;
        private final Store<String, A> store;
        private final String repartition;

        private Rekeyed(ViewTopology view, Store<String, A> store, String repartition) {
            this.view = view;
            this.store = store;
            this.repartition = repartition;
        }

        /**
         * Aggregates events under their new key.
         *
         * @param none the aggregate of no event
         * @param add adds an event
         * @param merge adds what is combined of some events to what is of others
         * @return the aggregates as they change
         */
        public <V> KStream<WindowedKey, A> aggregate(
                KStream<String, V> events, Initializer<A> none, Aggregator<String, V, A> add, BinaryOperator<A> merge) {
            return view.aggregate(
                    view.combined(events, store, repartition, none, add),
                    store,
                    none,
                    (_, part, sum) -> merge.apply(sum, part));
        }
    }
}
