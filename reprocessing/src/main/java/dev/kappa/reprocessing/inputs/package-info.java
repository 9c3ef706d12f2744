/**
 * What is in the inputs of views, as other software writes it: {@link dev.kappa.reprocessing.inputs.InputSample} reads the newest
 * records of an input and says how they fit what the view expects.
 */
@NullMarked
package dev.kappa.reprocessing.inputs;

import org.jspecify.annotations.NullMarked;
