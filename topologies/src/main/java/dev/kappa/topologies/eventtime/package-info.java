/**
 * Event times of inputs, and which records come too late. Read {@link dev.kappa.topologies.eventtime.EventTime} first, then {@link
 * dev.kappa.topologies.eventtime.Lateness}.
 *
 * <p>What enters are records of inputs; what leaves are records with their event time and with a mark of how far their partition had come.
 * Not for definitions, which get all this through {@link dev.kappa.topologies.ViewTopology}.
 */
@NullMarked
package dev.kappa.topologies.eventtime;

import org.jspecify.annotations.NullMarked;
