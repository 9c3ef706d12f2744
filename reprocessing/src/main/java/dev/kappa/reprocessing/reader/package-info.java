/**
 * Reads a view's results from Kafka, whichever version is active. Read {@link dev.kappa.reprocessing.reader.ViewReader} first; {@link
 * dev.kappa.reprocessing.reader.ChangeFeed} serves HTTP.
 *
 * <p>What enters are outputs of versions and the catalog; what leaves are results, and a word about each switch.
 */
@NullMarked
package dev.kappa.reprocessing.reader;

import org.jspecify.annotations.NullMarked;
