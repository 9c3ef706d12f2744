package dev.kappa.topologies.eventtime;

import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the results that a version has lost on this instance because its partitions were read further apart in event time than a store
 * keeps its windows. The count does not go back when a task moves. Thread-safe.
 */
public final class LostResults {

    /** Key under which Kafka Streams hands the version's object to operators. */
    public static final String CONFIG = "kappa.lost.results";

    private final LongAdder count = new LongAdder();

    /** The object in a configuration; one of its own where there is none. */
    static LostResults in(Map<String, ?> configs) {
        return configs.get(CONFIG) instanceof LostResults given ? given : new LostResults();
    }

    /** A result is lost. */
    void lost() {
        count.increment();
    }

    /** Results lost since the version was started on this instance. */
    public long count() {
        return count.sum();
    }
}
