/**
 * Reads the stores of a running version through Kafka Streams' interactive queries (IQv2).
 *
 * <p>{@link dev.kappa.app.query.StoreReader} reads what is on this instance, {@link dev.kappa.app.query.FleetReader} what is anywhere;
 * both answer with a {@link dev.kappa.app.query.Part}.
 */
@NullMarked
package dev.kappa.app.query;

import org.jspecify.annotations.NullMarked;
