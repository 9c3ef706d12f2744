/**
 * Replays: planned, started, followed, switched to, rolled back, taken down.
 *
 * <p>{@link dev.kappa.reprocessing.replay.Replays} has every operation, for the command line, HTTP and Java alike. What is
 * decided is a value before it is done: {@link dev.kappa.reprocessing.replay.ReplayPlan} for what a replay reads and
 * creates, {@link dev.kappa.reprocessing.replay.Removal} for what is deleted.
 */
@NullMarked
package dev.kappa.reprocessing.replay;

import org.jspecify.annotations.NullMarked;
