/**
 * The Kafka cluster as the rest of the code sees it: settings of clients, names, offsets, topics. Read {@link
 * dev.kappa.reprocessing.cluster.KafkaSettings} and {@link dev.kappa.reprocessing.cluster.ClusterNames} first.
 *
 * <p>Topics are created by {@link dev.kappa.reprocessing.cluster.TopicCreator} alone, and read to an end by {@link
 * dev.kappa.reprocessing.cluster.PartitionScan} alone.
 */
@NullMarked
package dev.kappa.reprocessing.cluster;

import org.jspecify.annotations.NullMarked;
