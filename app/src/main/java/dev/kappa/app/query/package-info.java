/**
 * Reads the stores of a running version through Kafka Streams' interactive queries (IQv2).
 *
 * <p>{@link dev.kappa.app.query.StoreReader} answers; results are values of {@link dev.kappa.app.query.Results}.
 */
@NullMarked
package dev.kappa.app.query;

import org.jspecify.annotations.NullMarked;
