package dev.kappa.topologies;

import java.time.Duration;

/**
 * Sessions, as a store has them: events of a key that are at most a gap apart.
 *
 * @param gap longest time between two events of a session, inclusive
 * @param grace how long after a session is over late events still count
 * @param retention how long sessions can be queried, counted back from the newest event
 */
public record Sessions(Parameter<Duration> gap, Parameter<Duration> grace, Parameter<Duration> retention) {}
