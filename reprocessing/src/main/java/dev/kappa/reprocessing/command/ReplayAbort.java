package dev.kappa.reprocessing.command;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Gives up a replay. */
@Command(
        name = "abort",
        description = "Aborts the replay of VIEW and deletes everything it created.",
        mixinStandardHelpOptions = true)
final class ReplayAbort extends ReplayOperation {

    @Option(names = "--version", paramLabel = "N", description = "Version to abort (default: the replay under way).")
    @Nullable
    Integer number;

    @Option(names = "--dry-run", description = "Print what would be deleted, without deleting it.")
    boolean dryRun;

    @Override
    int run(Session session) {
        return ReplayRetire.carryOut(session, session.operations().abort(view, given(number)), true, dryRun);
    }
}
