package dev.kappa.reprocessing.command;

import com.google.auto.service.AutoService;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The schemas that versions write with. */
@Command(
        name = "schemas",
        description = "The schemas that versions write with, for registries that take no schema from an application.",
        subcommands = SchemasRegister.class,
        mixinStandardHelpOptions = true)
@AutoService(Subcommand.class)
public final class SchemasCommand implements Subcommand {

    @Spec
    CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "Say what to do: register");
    }
}
