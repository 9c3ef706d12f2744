package dev.kappa.reprocessing.command;

import com.google.auto.service.AutoService;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Lists, shows and sends again records that could not be read or processed. */
@Command(
        name = "dlq",
        description = "Lists, shows, resends and deletes the dead letters of a view.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {DlqList.class, DlqShow.class, DlqResend.class, DlqPurge.class})
@AutoService(Subcommand.class)
public final class DlqCommand implements Subcommand {

    @Spec
    CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "Missing command");
    }
}
