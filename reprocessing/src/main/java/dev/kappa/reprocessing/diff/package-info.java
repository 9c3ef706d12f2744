/**
 * Compares the results of two versions. Read {@link dev.kappa.reprocessing.diff.OutputDiff} first.
 *
 * <p>What enters are the output topics of both; what leaves is a {@link dev.kappa.reprocessing.diff.DiffReport}.
 */
@NullMarked
package dev.kappa.reprocessing.diff;

import org.jspecify.annotations.NullMarked;
