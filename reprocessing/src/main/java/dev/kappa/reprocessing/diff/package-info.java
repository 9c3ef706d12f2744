/**
 * Compares the results of two versions, by what is in their output topics. {@link dev.kappa.reprocessing.diff.OutputDiff}
 * does it, {@link dev.kappa.reprocessing.diff.DiffReport} says what came of it.
 */
@NullMarked
package dev.kappa.reprocessing.diff;

import org.jspecify.annotations.NullMarked;
