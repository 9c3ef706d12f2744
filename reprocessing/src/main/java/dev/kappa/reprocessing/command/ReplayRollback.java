package dev.kappa.reprocessing.command;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Gives readers the version they had before. */
@Command(
        name = "rollback",
        description = "Switches the readers of VIEW back to the version that was active before.",
        mixinStandardHelpOptions = true)
final class ReplayRollback extends ReplayOperation {

    @Option(names = "--force", description = "Switch even if the version has fallen behind or no instance runs it.")
    boolean force;

    @Override
    int run(Session session) {
        return ReplaySwitch.print(session, session.operations().rollback(view, force));
    }
}
