package dev.kappa.reprocessing.command;

import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.fleet.Fleet;
import dev.kappa.reprocessing.replay.ReplayJson;
import dev.kappa.reprocessing.replay.Replays;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Gives readers another version. */
@Command(
        name = "switch",
        aliases = "promote",
        description = {
            "Switches the readers of VIEW to the version that has caught up.",
            "After a rollback: to the version that the rollback left."
        },
        mixinStandardHelpOptions = true)
final class ReplaySwitch extends ReplayOperation {

    @Option(
            names = "--version",
            paramLabel = "N",
            description = "Version to switch to (default: the replay or, after a rollback, the version it left).")
    @Nullable
    Integer number;

    @Option(names = "--force", description = "Switch even if the version has not caught up or no instance runs it.")
    boolean force;

    @Override
    int run(Session session) {
        Replays replays = session.replays();
        Catalog catalog = replays.catalog();
        VersionId id = given(number).orElseGet(() -> replays.candidate(catalog, view));
        return print(session, replays.switchTo(catalog, id, force, session.operator(), session.command()));
    }

    /** After a rollback the version that was left is the newer one. */
    private static String wayBack(Session session, VersionId left, VersionId now) {
        String command = "kappa replay " + (left.number() < now.number() ? "rollback " : "switch ") + left.view();
        try (Fleet fleet = session.replays().fleet()) {
            return Fleet.in(fleet.alive(), left, "RUNNING").isEmpty()
                    ? left + " is in STANDBY, but no instance runs it. " + command
                            + " can switch back to it once an instance with its code runs."
                    : left + " keeps running in STANDBY; " + command + " switches back to it.";
        }
    }

    static int print(Session session, Replays.Switched switched) {
        if (session.isStructured()) {
            session.printOne(ReplayJson.switched(switched));
        } else {
            session.say("Readers of %s get v%d%s. Epoch %d, seen by %d instance%s within %d ms."
                    .formatted(
                            switched.version().view(),
                            switched.version().number(),
                            switched.before()
                                    .map(before -> " instead of v" + before.number())
                                    .orElse(""),
                            switched.epoch(),
                            switched.instances().size(),
                            switched.instances().size() == 1 ? "" : "s",
                            switched.took().toMillis()));
            switched.before().ifPresent(left -> session.say(wayBack(session, left, switched.version())));
        }
        if (!switched.unseen().isEmpty()) {
            throw CommandException.refused("The switch is made, but these instances are alive and have not seen it: "
                    + switched.unseen() + ". They answer from the old version until they do; see their logs.");
        }
        return ExitCode.DONE;
    }
}
