package dev.kappa.reprocessing.command;

import dev.kappa.avro.AvroData;
import dev.kappa.avro.Redaction;
import dev.kappa.avro.SchemaRegistryException;
import dev.kappa.avro.SchemaRegistryUnavailableException;
import dev.kappa.reprocessing.catalog.ConflictException;
import dev.kappa.reprocessing.cluster.RefusedException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** Entry point of the {@code kappa} command. */
@Command(
        name = "kappa",
        description = "Live views over Kafka topics that can be recomputed from history and switched with no downtime.",
        mixinStandardHelpOptions = true,
        versionProvider = Kappa.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:refused, or a check failed",
            "2:invalid usage",
            "3:Kafka, the registry or the app cannot be reached",
            "4:another operator made a conflicting change first"
        })
public final class Kappa implements Runnable {

    /** Words of before the first release: by the command that they belong to, or by "" where that is any, and what they are called now. */
    private static final Map<String, Map<String, String>> RENAMED = Map.of(
            "", Map.of("--registry", "--schema-registry", "--app", "--server"), "dlq", Map.of("replay", "resend"));

    @Spec
    CommandSpec spec = CommandSpec.create();

    @Mixin
    GlobalOptions globalOptions = new GlobalOptions();

    private Kappa() {}

    public static void main(String[] args) {
        // Before a schema is parsed: Avro reads its bounds once.
        AvroData.trustGeneratedClasses();
        System.exit(run(args));
    }

    /** Runs the command and returns its exit code. */
    public static int run(String... args) {
        return commandLine().execute(args);
    }

    /** Runs the command with other places for what it prints, and returns its exit code. */
    public static int run(PrintWriter out, PrintWriter err, String... args) {
        return commandLine().setOut(out).setErr(err).execute(args);
    }

    static CommandLine commandLine() {
        var kappa = new Kappa();
        var commandLine = new CommandLine(kappa);
        List<Subcommand> subcommands = ServiceLoader.load(Subcommand.class).stream()
                .map(ServiceLoader.Provider::get)
                .sorted(Comparator.comparing(
                        subcommand -> CommandSpec.forAnnotatedObject(subcommand).name()))
                .toList();
        subcommands.forEach(commandLine::addSubcommand);
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        CommandLine.IParameterExceptionHandler usage = commandLine.getParameterExceptionHandler();
        commandLine.setParameterExceptionHandler((exception, args) -> {
            Optional<String> renamed = renamed(exception);
            if (renamed.isEmpty()) {
                return usage.handleParseException(exception, args);
            }
            exception.getCommandLine().getErr().println("kappa: " + renamed.get());
            return ExitCode.USAGE;
        });
        commandLine.setExecutionStrategy(parsed -> {
            kappa.loadViews();
            return new CommandLine.RunLast().execute(parsed);
        });
        commandLine.setExecutionExceptionHandler((exception, failed, _) -> {
            if (exception instanceof CommandException expected) {
                failed.getErr().println("kappa: " + Redaction.ofAddresses(String.valueOf(expected.getMessage())));
                return expected.exitCode();
            }
            Optional<Integer> known = exitCode(exception);
            if (known.isPresent()) {
                failed.getErr().println("kappa: " + Redaction.ofAddresses(kappa.message(exception)));
                return known.get();
            }
            var trace = new StringWriter();
            exception.printStackTrace(new PrintWriter(trace, true));
            failed.getErr()
                    .println("kappa: unexpected failure, please report it: "
                            + Redaction.ofAddresses(trace.toString().stripTrailing()));
            return ExitCode.REFUSED;
        });
        return commandLine;
    }

    private static Optional<String> renamed(ParameterException exception) {
        if (!(exception instanceof UnmatchedArgumentException unmatched)) {
            return Optional.empty();
        }
        Map<String, String> ofCommand =
                RENAMED.getOrDefault(exception.getCommandLine().getCommandName(), Map.of());
        return unmatched.getUnmatched().stream()
                .map(argument -> argument.split("=", 2)[0])
                .flatMap(word -> Optional.ofNullable(ofCommand.getOrDefault(
                                word, RENAMED.getOrDefault("", Map.of()).get(word)))
                        .map(now -> word + " was renamed; use " + now + ".")
                        .stream())
                .findFirst();
    }

    /** Puts the user's own views on the class path of everything that this process starts. */
    private void loadViews() {
        List<Path> jars = globalOptions.views();
        if (!jars.isEmpty()) {
            URL[] addresses = jars.stream()
                    .map(jar -> {
                        try {
                            return jar.toUri().toURL();
                        } catch (MalformedURLException e) {
                            throw CommandException.usage("--views: " + jar + " is no file: " + e.getMessage());
                        }
                    })
                    .toArray(URL[]::new);
            Thread thread = Thread.currentThread();
            thread.setContextClassLoader(new URLClassLoader(addresses, thread.getContextClassLoader()));
        }
    }

    /** Messages of Kafka's clients name neither the address nor the remedy. */
    private String message(Exception failure) {
        boolean ofCluster = failure instanceof KafkaException
                && !(failure instanceof SchemaRegistryException)
                && !(failure instanceof SchemaRegistryUnavailableException);
        return ofCluster
                ? "A request to Kafka at " + globalOptions.findBootstrapServer().orElse("an unknown address")
                        + " failed (" + failure.getMessage()
                        + "). Check that it is running and that --bootstrap-server is right."
                : String.valueOf(failure.getMessage());
    }

    /** The exit code of a failure whose message says all there is to say. */
    private static Optional<Integer> exitCode(Exception failure) {
        return switch (failure) {
            case ConflictException _ -> Optional.of(ExitCode.CONFLICT);
            case RefusedException _ -> Optional.of(ExitCode.REFUSED);
            case IllegalArgumentException _ -> Optional.of(ExitCode.USAGE);
            case SchemaRegistryException _ -> Optional.of(ExitCode.REFUSED);
            case ConfigException _ -> Optional.of(ExitCode.USAGE);
            case KafkaException _ -> Optional.of(ExitCode.UNREACHABLE);
            default -> Optional.empty();
        };
    }

    /** The global options given on the command line that a subcommand is part of. */
    public static GlobalOptions globalOptions(CommandSpec subcommand) {
        return ((Kappa) subcommand.root().userObject()).globalOptions;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Missing command");
    }

    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Kappa.class.getPackage().getImplementationVersion();
            return new String[] {"kappa " + (version == null ? "(unpackaged)" : version)};
        }
    }
}
