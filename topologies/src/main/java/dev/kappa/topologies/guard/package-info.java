/**
 * Keeps one record from stopping a version. Read {@link dev.kappa.topologies.guard.RecordGuard} first.
 *
 * <p>What enters are failures of operators; what leaves are failures of records, which end as dead letters.
 */
@NullMarked
package dev.kappa.topologies.guard;

import org.jspecify.annotations.NullMarked;
