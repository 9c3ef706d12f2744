/** The app's settings: read once, checked as a whole, then immutable. */
@NullMarked
package dev.kappa.app.config;

import org.jspecify.annotations.NullMarked;
