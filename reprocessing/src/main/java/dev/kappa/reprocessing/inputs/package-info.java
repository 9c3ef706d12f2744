/**
 * Checks how the records of an input fit what a view expects. Read {@link dev.kappa.reprocessing.inputs.InputSample} first.
 *
 * <p>What enters are the newest records of an input; what leaves are findings, with remedies.
 */
@NullMarked
package dev.kappa.reprocessing.inputs;

import org.jspecify.annotations.NullMarked;
