/**
 * Sample events: {@link dev.kappa.localdev.sample.SampleEvents} makes them, a pure function of seed and start, {@link
 * dev.kappa.localdev.sample.SampleFeed} sends them in real time.
 */
@NullMarked
package dev.kappa.localdev.sample;

import org.jspecify.annotations.NullMarked;
