/**
 * The contract between Kappa and the code of a view.
 *
 * <p>A view is one class that implements {@link dev.kappa.topologies.ViewDefinition} and is annotated with
 * {@code @AutoService(ViewDefinition.class)}; {@link dev.kappa.topologies.Views} finds it on the class path, so nothing
 * lists views. The definition says what it reads, keeps and writes as values ({@link dev.kappa.topologies.Input}, {@link
 * dev.kappa.topologies.Store}, {@link dev.kappa.topologies.Output}, {@link dev.kappa.topologies.Parameter}) and builds
 * its Kafka Streams topology through {@link dev.kappa.topologies.ViewTopology}, which hands out every name and serde.
 *
 * <p>Definitions are pure: the same input and parameters give the same result. They see no clock, no network and no
 * random numbers. Read {@code dev.kappa.samples.hashtagtrends.HashtagTrends} for an example.
 */
@NullMarked
package dev.kappa.topologies;

import org.jspecify.annotations.NullMarked;
