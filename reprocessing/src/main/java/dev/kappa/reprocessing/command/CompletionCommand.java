package dev.kappa.reprocessing.command;

import com.google.auto.service.AutoService;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints what a shell needs to complete commands. */
@Command(
        name = "completion",
        description = {
            "Prints a script for the completion of commands and options.",
            "bash: source <(kappa completion bash)",
            "zsh: autoload -U +X bashcompinit && bashcompinit && source <(kappa completion zsh)"
        },
        mixinStandardHelpOptions = true)
@AutoService(Subcommand.class)
public final class CompletionCommand implements Subcommand {

    /** The shells. */
    enum Shell {
        bash,
        zsh
    }

    @Parameters(index = "0", paramLabel = "bash|zsh", description = "The shell.")
    Shell shell = Shell.bash;

    @Spec
    CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        // Zsh takes bash's by bashcompinit.
        spec.commandLine()
                .getOut()
                .println(AutoComplete.bash("kappa", spec.root().commandLine()));
        return ExitCode.DONE;
    }
}
