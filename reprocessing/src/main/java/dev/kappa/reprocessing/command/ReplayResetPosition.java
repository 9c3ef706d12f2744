package dev.kappa.reprocessing.command;

import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.replay.PositionReset;
import dev.kappa.reprocessing.replay.Replays;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Says where a version continues whose place in its inputs is lost. */
@Command(
        name = "reset-position",
        description =
                "Commits the offsets at which a version of VIEW continues when it is POSITION_LOST. Its results may then count"
                        + " records twice or miss some; a replay gives right results.",
        mixinStandardHelpOptions = true)
final class ReplayResetPosition extends ReplayOperation {

    @Option(names = "--version", paramLabel = "N", description = "Version that continues (default: the active one).")
    @Nullable
    Integer number;

    @Option(
            names = "--to",
            paramLabel = "POSITION",
            required = true,
            description =
                    "earliest, latest, or a file of offsets that ends in .json, such as {\"posts\": {\"0\": 1200}}.")
    String to = "";

    @Option(names = "--dry-run", description = "Print the effect, without changing anything.")
    boolean dryRun;

    @Override
    int run(Session session) {
        Replays replays = session.replays();
        Catalog catalog = replays.catalog();
        VersionId id = given(number)
                .orElseGet(() -> catalog.active(view)
                        .orElseThrow(() -> CommandException.refused(
                                "View " + view + " has no active version; there are " + catalog.views()))
                        .id());
        PositionReset reset;
        try {
            reset = replays.planReset(catalog, id, to);
        } catch (IllegalArgumentException e) {
            throw CommandException.usage(String.valueOf(e.getMessage()));
        }
        session.say("Positions of " + id + ":");
        reset.partitions().forEach(partition -> session.say("  " + partition.text()));
        if (reset.readsAgain()) {
            session.say(
                    "  A window that its store no longer keeps starts from nothing, and overwrites its result in the output.");
        }
        if (dryRun) {
            return ExitCode.DONE;
        }
        session.confirm(id.toString());
        replays.reset(catalog, reset, Session.operator(), session.command());
        session.say(id + " continues there; its instances start it again within seconds.");
        return ExitCode.DONE;
    }
}
