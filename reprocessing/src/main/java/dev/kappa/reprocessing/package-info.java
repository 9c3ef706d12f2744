/**
 * Recomputing views from history: the {@link dev.kappa.reprocessing.catalog catalog} of versions, {@link
 * dev.kappa.reprocessing.replay replays} and switches, the {@link dev.kappa.reprocessing.diff comparison} of two
 * versions, the {@link dev.kappa.reprocessing.fleet fleet} of instances, {@link dev.kappa.reprocessing.reader readers}
 * that follow switches, and the {@link dev.kappa.reprocessing.command kappa} command. Start with the catalog.
 */
@NullMarked
package dev.kappa.reprocessing;

import org.jspecify.annotations.NullMarked;
