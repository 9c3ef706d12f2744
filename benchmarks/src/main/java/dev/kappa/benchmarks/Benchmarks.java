package dev.kappa.benchmarks;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry point: each benchmark is a subcommand. */
@Command(
        name = "benchmarks/run",
        description = "Measures Kappa and its peers on this machine. What is compared is measured in one run.",
        mixinStandardHelpOptions = true,
        subcommands = {
            ReplayCommand.class,
            StatelessCommand.class,
            LatencyCommand.class,
            StartCommand.class,
            GrowthCommand.class,
            MemoryCommand.class,
            SoakCommand.class,
            RebalanceCommand.class,
            ConsolesCommand.class,
            MicroCommand.class
        })
public final class Benchmarks {

    private Benchmarks() {}

    /** Entry point. */
    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Benchmarks());
    }
}
