/** The view {@code sequence-alerts}: where one event follows another at the same sensor. */
@NullMarked
package dev.kappa.samples.sequencealerts;

import org.jspecify.annotations.NullMarked;
