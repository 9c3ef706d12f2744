package dev.kappa.reprocessing.command;

import java.util.concurrent.Callable;

/**
 * A subcommand of {@code kappa}: a picocli {@code @Command} registered with {@code @AutoService(Subcommand.class)}. What
 * it returns is the {@linkplain ExitCode exit code}; a {@link CommandException} is printed and ends it.
 */
public interface Subcommand extends Callable<Integer> {}
