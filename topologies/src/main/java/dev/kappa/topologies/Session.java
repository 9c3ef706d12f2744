package dev.kappa.topologies;

/**
 * A session of one key.
 *
 * @param start time of its first event, in milliseconds since the epoch
 * @param end time of its last event
 * @param value what is kept of it
 * @param <A> type of what is kept
 */
public record Session<A>(long start, long end, A value) {}
