package dev.kappa.reprocessing.command;

import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.replay.Replays;
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
        Replays replays = session.replays();
        Catalog catalog = replays.catalog();
        return ReplaySwitch.print(
                session,
                replays.switchTo(
                        catalog, replays.previous(catalog, view), force, session.operator(), session.command()));
    }
}
