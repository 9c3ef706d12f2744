package dev.kappa.reprocessing.command;

import com.google.auto.service.AutoService;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The schemas that versions write with. */
@Command(
        name = "schemas",
        description = "Manages the schemas of views, for registries where applications may not register schemas.",
        subcommands = SchemasRegister.class,
        mixinStandardHelpOptions = true)
@AutoService(Subcommand.class)
public final class SchemasCommand implements Subcommand {

    @Spec
    CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "Missing command: register");
    }
}
