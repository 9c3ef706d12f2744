/**
 * The app's settings. Read {@link dev.kappa.app.config.KappaConfig} first; {@code Settings} declares each of them.
 *
 * <p>What enters are properties, a file and environment variables; what leaves is one immutable value that was checked as a whole.
 */
@NullMarked
package dev.kappa.app.config;

import org.jspecify.annotations.NullMarked;
