package dev.kappa.reprocessing.command;

import dev.kappa.reprocessing.cluster.VersionId;
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
        VersionId id = session.operations().throttle(view, maxRate.records());
        if (!session.isStructured()) {
            session.say(id + " reads " + maxRate.text() + ".");
        }
        return ExitCode.DONE;
    }
}
