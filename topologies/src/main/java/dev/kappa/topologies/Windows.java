package dev.kappa.topologies;

import java.time.Duration;

/**
 * Windows that are aligned to the epoch, as a store has them.
 *
 * @param size length of each window
 * @param advance from the start of one window to the start of the next; the size for tumbling windows
 * @param grace how long after the end of a window late events still count
 * @param retention how long windows can be queried, counted back from the newest event; at least twice size and grace
 */
public record Windows(
        Parameter<Duration> size,
        Parameter<Duration> advance,
        Parameter<Duration> grace,
        Parameter<Duration> retention) {

    /** Windows that follow each other. */
    public static Windows tumbling(Parameter<Duration> size, Parameter<Duration> grace, Parameter<Duration> retention) {
        return new Windows(size, size, grace, retention);
    }

    /** The same windows, of which one begins each time that the advance has passed. */
    public Windows advancedBy(Parameter<Duration> by) {
        return new Windows(size, by, grace, retention);
    }
}
