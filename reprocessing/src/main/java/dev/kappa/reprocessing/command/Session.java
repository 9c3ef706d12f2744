package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.HttpSchemaRegistry;
import dev.kappa.avro.Redaction;
import dev.kappa.avro.SchemaRegistry;
import dev.kappa.reprocessing.catalog.CatalogChange;
import dev.kappa.reprocessing.catalog.Definitions;
import dev.kappa.reprocessing.cluster.ByteSize;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.cluster.TopicSettings;
import dev.kappa.reprocessing.deadletters.DeadLetterBox;
import dev.kappa.reprocessing.fleet.ReportSignatures;
import dev.kappa.reprocessing.replay.ReplaySettings;
import dev.kappa.reprocessing.replay.Replays;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** The operations, the operator and the output of a command. */
final class Session implements AutoCloseable {

    private static final Duration LONGEST_WAIT = Duration.ofSeconds(15);

    /** Connections to Kafka and to the registry. */
    private record Cluster(KafkaSettings kafka, SchemaRegistry registry, Replays replays) implements AutoCloseable {
        @Override
        public void close() {
            replays.close();
            registry.close();
        }
    }

    private final GlobalOptions options;
    private final PrintWriter out;
    private final List<String> arguments;

    /** Opened when it is first needed: with a token, the command may know neither Kafka nor the registry. */
    private @Nullable Cluster cluster;

    private @Nullable VersionOperations operations;

    private Session(GlobalOptions options, PrintWriter out, List<String> arguments) {
        this.options = options;
        this.out = out;
        this.arguments = arguments;
    }

    private Cluster cluster() {
        if (cluster == null) {
            cluster = connect();
        }
        return cluster;
    }

    private Cluster connect() {
        // Somebody waits for the answer.
        Map<String, Object> settings = KafkaSettings.bounded(options.clientConfig(), LONGEST_WAIT);
        settings.putIfAbsent(AvroSerdeConfig.MAX_RETRIES, "2");
        var kafka = new KafkaSettings(settings);
        var registry = new HttpSchemaRegistry(AvroSerdeConfig.from(settings));
        return new Cluster(
                kafka,
                registry,
                new Replays(
                        kafka,
                        options.names(),
                        registry,
                        Definitions.discover(),
                        replaySettings(options),
                        clock(),
                        ReportSignatures.NONE));
    }

    /** For the command that a spec belongs to. */
    static Session open(CommandSpec spec) {
        List<String> arguments = spec.commandLine().getParseResult().originalArgs();
        return new Session(Kappa.globalOptions(spec), spec.commandLine().getOut(), arguments);
    }

    private static ReplaySettings replaySettings(GlobalOptions options) {
        try {
            short replicas = options.setting("kappa.topics.replication-factor")
                    .map(Short::valueOf)
                    .orElse((short) -1);
            return new ReplaySettings(
                    options.setting("kappa.replay.max-lag").map(Long::valueOf).orElse(ReplaySettings.DEFAULT_MAX_LAG),
                    options.setting("kappa.topics.partitions")
                            .map(Integer::valueOf)
                            .orElse(1),
                    replicas < 0 ? Optional.empty() : Optional.of(replicas),
                    options.setting("kappa.topics.max-message-bytes")
                            .map(ByteSize::parse)
                            .map(Math::toIntExact)
                            .orElse(TopicSettings.DEFAULT_MAX_MESSAGE_BYTES));
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw CommandException.usage("A setting under kappa.topics or kappa.replay is wrong: " + e.getMessage());
        }
    }

    Replays replays() {
        return cluster().replays();
    }

    /** The operations on versions: an instance carries them out if there is a token, else this process. */
    VersionOperations operations() {
        if (operations == null) {
            boolean byInstance = options.token().isPresent();
            if (byInstance && !options.views().isEmpty()) {
                throw CommandException.usage(
                        "With a token, the instance at --server plans with its own code. Leave --views out.");
            }
            operations = byInstance ? new HttpOperations(new AppClient(options)) : new KafkaOperations(this);
        }
        return operations;
    }

    /** Whether instances with these settings run sample views. */
    boolean runsSamples() {
        return options.setting("kappa.samples").filter("true"::equals).isPresent();
    }

    ClusterNames names() {
        return options.names();
    }

    KafkaSettings kafka() {
        return cluster().kafka();
    }

    DeadLetterBox deadLetters(String view) {
        return new DeadLetterBox(kafka(), options.names(), view);
    }

    SchemaRegistry registry() {
        return cluster().registry();
    }

    InstantSource clock() {
        return InstantSource.system();
    }

    /** Whether results are for programs. */
    boolean isStructured() {
        return options.output().isStructured();
    }

    /** Whether people want more columns. */
    boolean isWide() {
        return options.output() == GlobalOptions.Output.wide;
    }

    /** The result of the command, for programs. */
    void print(JsonNode result) {
        say(options.output().format(result));
    }

    /** One of several results, for programs. */
    void printOne(JsonNode result) {
        say(options.output().formatOne(result));
    }

    void say(String line) {
        out.println(line);
        out.flush();
    }

    /** A step of an operation, for people only. */
    void narrate(String step) {
        if (!isStructured()) {
            say("  " + step);
        }
    }

    PrintWriter out() {
        return out;
    }

    /** The command as it was given, without secrets, for the audit trail. */
    String command() {
        return Redaction.ofArguments(arguments);
    }

    /** The operator. */
    static CatalogChange.Operator operator() {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            host = Map.copyOf(System.getenv()).getOrDefault("HOSTNAME", "unknown");
        }
        return new CatalogChange.Operator(System.getProperty("user.name", "unknown"), host);
    }

    /**
     * Asks for confirmation of what cannot be undone.
     *
     * @param word what has to be typed
     * @throws CommandException when it is not confirmed
     */
    void confirm(String word) {
        if (options.yes()) {
            return;
        }
        String typed = Terminal.console()
                .map(console -> console.readLine("This cannot be undone. Type %s to continue: ", word))
                .orElseThrow(() -> CommandException.refused(
                        "This cannot be undone, and there is no terminal to confirm it. Give --yes to continue."));
        if (!word.equals(typed)) {
            throw CommandException.refused("Not confirmed; nothing was done.");
        }
    }

    @Override
    public void close() {
        if (operations != null) {
            operations.close();
        }
        if (cluster != null) {
            cluster.close();
        }
    }
}
