/** The view {@code visitor-sessions}: what visitors do from their first page to their last. */
@NullMarked
package dev.kappa.samples.visitorsessions;

import org.jspecify.annotations.NullMarked;
