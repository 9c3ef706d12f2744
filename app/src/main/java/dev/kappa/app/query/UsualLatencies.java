package dev.kappa.app.query;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How long other instances usually take to answer, for queries of one key and for lists, as moving averages. An instance that takes a few
 * times as long may hang: another one is asked as well (a hedged request). Thread-safe.
 *
 * @see <a href="https://research.google/pubs/the-tail-at-scale/">The Tail at Scale</a>
 */
final class UsualLatencies {

    /** An answer that takes more than this many times the average is unusual. */
    private static final int TIMES = 4;

    /** The part of a new measurement in the average. */
    private static final double WEIGHT = 0.1;

    /** Shorter pauses, such as those of a garbage collection, are no reason to ask twice. */
    private static final Duration SHORTEST_OF_KEY = Duration.ofMillis(50);

    private static final Duration LONGEST_OF_KEY = Duration.ofSeconds(1);

    /** Lists differ in length. */
    private static final Duration SHORTEST_OF_LIST = Duration.ofSeconds(1);

    private static final Duration LONGEST_OF_LIST = Duration.ofSeconds(5);

    private record Kind(String instance, boolean isList) {}

    private final Map<Kind, Double> averages = new ConcurrentHashMap<>();

    /** Takes note of an answer. */
    void record(String instance, boolean isList, Duration took) {
        averages.merge(
                new Kind(instance, isList), (double) took.toNanos(), (before, now) -> before + WEIGHT * (now - before));
    }

    /** Time after which another instance is asked as well. */
    Duration patience(String instance, boolean isList) {
        Duration shortest = isList ? SHORTEST_OF_LIST : SHORTEST_OF_KEY;
        Duration longest = isList ? LONGEST_OF_LIST : LONGEST_OF_KEY;
        Double average = averages.get(new Kind(instance, isList));
        // Of an instance that has not answered yet nothing is known: its first answers take longer.
        if (average == null || average * TIMES > longest.toNanos()) {
            return longest;
        }
        return average * TIMES < shortest.toNanos() ? shortest : Duration.ofNanos((long) (average * TIMES));
    }
}
