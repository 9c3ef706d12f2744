package dev.kappa.reprocessing.command;

import com.google.auto.service.AutoService;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Everything that is done to the versions of a view. */
@Command(
        name = "replay",
        description = "Recomputes a view from history, compares versions, switches readers, rolls back and cleans up.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            ReplayStart.class,
            ReplayWatch.class,
            ReplayStatus.class,
            ReplayDiff.class,
            ReplaySwitch.class,
            ReplayRollback.class,
            ReplayAbort.class,
            ReplayRetire.class,
            ReplayThrottle.class,
            ReplayResetPosition.class,
            ReplayHistory.class
        })
@AutoService(Subcommand.class)
public final class ReplayCommand implements Subcommand {

    @Spec
    CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "Missing command");
    }
}
