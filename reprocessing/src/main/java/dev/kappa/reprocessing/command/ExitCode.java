package dev.kappa.reprocessing.command;

/** The exit statuses of the command. */
public final class ExitCode {

    public static final int DONE = 0;
    /** Refused, or a check failed. */
    public static final int REFUSED = 1;
    /** The command was called wrongly. */
    public static final int USAGE = 2;
    /** Kafka, the registry or the app could not be reached. */
    public static final int UNREACHABLE = 3;
    /** Somebody else changed the same thing first. */
    public static final int CONFLICT = 4;

    private ExitCode() {}
}
