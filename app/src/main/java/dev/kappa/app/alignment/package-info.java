/**
 * Event-time alignment: keeps the source partitions of a version so close to each other in event time that nothing is lost
 * by one being read faster than another, across threads and instances.
 *
 * <p>{@link dev.kappa.app.alignment.Alignment} decides, without I/O; {@link dev.kappa.app.alignment.AlignedConsumer} stands
 * between Kafka and Kafka Streams, hands over what may be processed and holds back the rest. Whether an event is late is
 * not decided here but by the log, see {@code Lateness} in the topologies.
 */
@NullMarked
package dev.kappa.app.alignment;

import org.jspecify.annotations.NullMarked;
