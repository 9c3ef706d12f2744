/**
 * The dead letters of a view: {@link dev.kappa.reprocessing.deadletters.DeadLetterBox} lists them, shows them and sends
 * chosen ones through the view again. The letters are written by the app, where a record could not be read or processed.
 */
@NullMarked
package dev.kappa.reprocessing.deadletters;

import org.jspecify.annotations.NullMarked;
