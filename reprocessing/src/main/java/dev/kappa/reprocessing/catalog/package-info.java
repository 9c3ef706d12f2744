/**
 * The catalog: which versions of which views exist, and who may change that.
 *
 * <p>{@link dev.kappa.reprocessing.catalog.Catalog} is a snapshot, {@link dev.kappa.reprocessing.catalog.Transition} a
 * change as a pure function. {@link dev.kappa.reprocessing.catalog.CatalogLog} reads the topic, {@link
 * dev.kappa.reprocessing.catalog.CatalogWriter} changes it. {@link dev.kappa.reprocessing.catalog.Blueprint} says what a
 * version is made of and {@link dev.kappa.reprocessing.catalog.Definitions} whether this build's code makes it. {@link
 * dev.kappa.reprocessing.cluster.ClusterNames} is the one place that makes names on the cluster.
 */
@NullMarked
package dev.kappa.reprocessing.catalog;

import org.jspecify.annotations.NullMarked;
