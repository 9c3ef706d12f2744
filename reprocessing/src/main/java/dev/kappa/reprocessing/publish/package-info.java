/**
 * The stable topic with a view's results, for consumers that know nothing of versions. Read {@link
 * dev.kappa.reprocessing.publish.Publisher} first.
 *
 * <p>What enters is the output of the active version; what leaves are the same results in the published topic, exactly once.
 */
@NullMarked
package dev.kappa.reprocessing.publish;

import org.jspecify.annotations.NullMarked;
