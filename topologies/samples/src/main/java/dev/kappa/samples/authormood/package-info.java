/** The view {@code author-mood}: how well disposed each author is, and was at any time. */
@NullMarked
package dev.kappa.samples.authormood;

import org.jspecify.annotations.NullMarked;
