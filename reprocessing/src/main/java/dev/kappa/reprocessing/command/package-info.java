/**
 * The {@code kappa} command.
 *
 * <p>{@link dev.kappa.reprocessing.command.Kappa} is its entry point. Subcommands are picocli commands that implement
 * {@link dev.kappa.reprocessing.command.Subcommand} and are found on the class path, so that {@code kappa run} can live
 * with the service and {@code kappa up} with local development. Global options are in {@link
 * dev.kappa.reprocessing.command.GlobalOptions}, exit codes in {@link dev.kappa.reprocessing.command.ExitCode}.
 */
@NullMarked
package dev.kappa.reprocessing.command;

import org.jspecify.annotations.NullMarked;
