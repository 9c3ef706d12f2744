package dev.kappa.reprocessing.command;

import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.replay.Replays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Changes how fast a replay reads, while it runs. */
@Command(
        name = "throttle",
        description = "Changes how many records per second the replay of VIEW reads, at most.",
        mixinStandardHelpOptions = true)
final class ReplayThrottle extends ReplayOperation {

    @Option(
            names = "--max-rate",
            paramLabel = "N",
            description = "Records per second over the whole fleet (default: no bound).")
    @Nullable
    Long maxRate;

    @Override
    int run(Session session) {
        requireRate(maxRate);
        Replays replays = session.replays();
        Catalog catalog = replays.catalog();
        VersionId id = replays.candidate(catalog, view);
        replays.throttle(catalog, id, Optional.ofNullable(maxRate), session.operator(), session.command());
        if (!session.isJson()) {
            session.say(id + " reads "
                    + (maxRate == null ? "as fast as it can." : "at most %,d records per second.".formatted(maxRate)));
        }
        return ExitCode.DONE;
    }

    static void requireRate(@Nullable Long rate) {
        if (rate != null && rate < 1) {
            throw CommandException.usage("--max-rate must be at least 1 record per second; got " + rate);
        }
    }
}
