/**
 * The stable topic with a view's results, for consumers that know nothing of versions: {@link
 * dev.kappa.reprocessing.publish.Publisher}.
 */
@NullMarked
package dev.kappa.reprocessing.publish;

import org.jspecify.annotations.NullMarked;
