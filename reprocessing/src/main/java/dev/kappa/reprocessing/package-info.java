/**
 * Versions of views: their numbers, their names on the cluster and which one is active.
 *
 * <p>{@link dev.kappa.reprocessing.Catalog} is the one place that says which versions exist; {@link
 * dev.kappa.reprocessing.ClusterNames} the one place that makes a version's names. The {@code kappa} command is in
 * {@link dev.kappa.reprocessing.command}.
 */
@NullMarked
package dev.kappa.reprocessing;

import org.jspecify.annotations.NullMarked;
