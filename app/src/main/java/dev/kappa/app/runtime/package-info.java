/**
 * Runs view versions on Kafka Streams.
 *
 * <p>{@link dev.kappa.app.runtime.Instance} brings an instance up: waits for broker and registry, sees to the topics,
 * then starts a {@link dev.kappa.app.runtime.VersionRunner} for each version. A {@code VersionRunner} owns one {@code
 * KafkaStreams} from birth to close; nothing else touches its life.
 */
@NullMarked
package dev.kappa.app.runtime;

import org.jspecify.annotations.NullMarked;
