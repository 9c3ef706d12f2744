/** The view {@code fraud-alerts}: transactions that break a rule, and what is known of each customer. */
@NullMarked
package dev.kappa.samples.fraudalerts;

import org.jspecify.annotations.NullMarked;
