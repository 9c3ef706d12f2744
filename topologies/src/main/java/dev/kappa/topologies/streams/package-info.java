/**
 * Operators and stores that need Kafka Streams' internal classes; no other package may import them. Read {@link
 * dev.kappa.topologies.streams.Combining} and {@link dev.kappa.topologies.streams.OpenWindows}.
 *
 * <p>What enters are events that are marked with their lateness; what leaves are aggregates.
 */
@NullMarked
package dev.kappa.topologies.streams;

import org.jspecify.annotations.NullMarked;
