/**
 * Checks records of inputs and reports problems. Read {@link dev.kappa.topologies.input.InputObserver} first.
 *
 * <p>What enters are bytes of keys and numbers of events; what leaves are keys, and {@link dev.kappa.topologies.input.InputProblem problems}.
 */
@NullMarked
package dev.kappa.topologies.input;

import org.jspecify.annotations.NullMarked;
