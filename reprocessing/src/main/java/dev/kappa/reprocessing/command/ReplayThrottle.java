package dev.kappa.reprocessing.command;

import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.replay.Replays;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Changes how fast a replay reads, while it runs. */
@Command(
        name = "throttle",
        description = "Changes the maximum rate of the replay of VIEW, in records per second.",
        mixinStandardHelpOptions = true)
final class ReplayThrottle extends ReplayOperation {

    @Option(
            names = "--max-rate",
            required = true,
            converter = MaxRate.Converter.class,
            paramLabel = "N|unlimited",
            description = "Records per second over the whole fleet, or unlimited.")
    MaxRate maxRate = new MaxRate(Optional.empty());

    @Override
    int run(Session session) {
        Replays replays = session.replays();
        Catalog catalog = replays.catalog();
        VersionId id = replays.candidate(catalog, view);
        replays.throttle(catalog, id, maxRate.records(), session.operator(), session.command());
        if (!session.isStructured()) {
            session.say(id + " reads " + maxRate.text() + ".");
        }
        return ExitCode.DONE;
    }
}
