package dev.kappa.reprocessing.command;

import org.jspecify.annotations.Nullable;

/** Ends the command with a message for the user and an {@linkplain ExitCode exit code}. */
public final class CommandException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int exitCode;

    private CommandException(int exitCode, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    public static CommandException refused(String message) {
        return new CommandException(ExitCode.REFUSED, message, null);
    }

    public static CommandException usage(String message) {
        return new CommandException(ExitCode.USAGE, message, null);
    }

    static CommandException conflict(String message) {
        return new CommandException(ExitCode.CONFLICT, message, null);
    }

    public static CommandException unreachable(String message, @Nullable Throwable cause) {
        return new CommandException(ExitCode.UNREACHABLE, message, cause);
    }

    /** The status the process ends with. */
    public int exitCode() {
        return exitCode;
    }
}
