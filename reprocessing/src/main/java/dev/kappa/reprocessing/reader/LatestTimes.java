package dev.kappa.reprocessing.reader;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;

/**
 * The event times of the latest results of a partition. Their earliest is where another version can be read from: one result that is
 * dated ahead must not have those between skipped. Not thread-safe.
 */
final class LatestTimes {

    /** So many results in a row would have to be dated ahead. */
    static final int COUNT = 100;

    private final Deque<Long> times = new ArrayDeque<>();

    /** Adds a time; returns the earliest of the latest. */
    long earliestWith(long time) {
        times.addLast(time);
        if (times.size() > COUNT) {
            times.removeFirst();
        }
        return Collections.min(times);
    }
}
