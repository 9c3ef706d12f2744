/**
 * Reads of stores, wherever their partitions are. Read {@link dev.kappa.app.query.StoreQueries} first.
 *
 * <p>What enters is a {@link dev.kappa.app.query.StoreQuery} of a store with {@link dev.kappa.app.query.ReadOptions}; what leaves is a
 * {@link dev.kappa.app.query.PartialResult}. On the way, partitions that are on other instances are read by a {@link
 * dev.kappa.app.query.PartitionRequest} each, which they answer by a {@link dev.kappa.app.query.LocalStoreReader} of their own.
 */
@NullMarked
package dev.kappa.app.query;

import org.jspecify.annotations.NullMarked;
