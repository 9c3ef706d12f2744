/**
 * Keeps the source partitions of a version so close to each other in event time that nothing is lost because one is read faster than
 * another, across threads and instances. Read {@link dev.kappa.app.alignment.Alignment} first, which decides without I/O, then {@link
 * dev.kappa.app.alignment.PartitionAligner}.
 *
 * <p>What enters are polled records and the positions of other instances; what leaves are the records that Kafka Streams may process,
 * and the positions of this instance. {@link dev.kappa.app.alignment.AlignedConsumer} stands between Kafka and Kafka Streams. Whether an
 * event is late is not decided here but by the log, see {@code Lateness} in the topologies.
 */
@NullMarked
package dev.kappa.app.alignment;

import org.jspecify.annotations.NullMarked;
