/**
 * Reading a view's results from Kafka, whichever version is active: {@link dev.kappa.reprocessing.reader.ViewReader}.
 */
@NullMarked
package dev.kappa.reprocessing.reader;

import org.jspecify.annotations.NullMarked;
