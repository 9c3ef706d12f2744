/**
 * Work that repeats, and waits between attempts. Read {@link dev.kappa.reprocessing.background.BackgroundLoop} first.
 *
 * <p>What enters is a task; what leaves is its thread, which survives every failure of the task, and {@link
 * dev.kappa.reprocessing.background.BackgroundLoop.Status what can be said of it}.
 */
@NullMarked
package dev.kappa.reprocessing.background;

import org.jspecify.annotations.NullMarked;
