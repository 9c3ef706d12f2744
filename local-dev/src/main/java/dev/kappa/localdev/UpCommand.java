package dev.kappa.localdev;

import com.google.auto.service.AutoService;
import dev.kappa.localdev.process.ChildProcess;
import dev.kappa.localdev.process.Layout;
import dev.kappa.localdev.process.LocalApp;
import dev.kappa.localdev.process.LocalBroker;
import dev.kappa.localdev.process.LocalRegistry;
import dev.kappa.localdev.process.Ports;
import dev.kappa.localdev.sample.SampleFeed;
import dev.kappa.reprocessing.command.CommandException;
import dev.kappa.reprocessing.command.GlobalOptions;
import dev.kappa.reprocessing.command.Kappa;
import dev.kappa.reprocessing.command.Subcommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Starts broker, registry and app on this machine, feeds sample events, and stops it all on Ctrl-C. */
@Command(
        name = "up",
        description = "Starts a Kafka broker, a schema registry and the app on this machine, with sample data."
                + " Ctrl-C stops all.",
        mixinStandardHelpOptions = true)
@AutoService(Subcommand.class)
public final class UpCommand implements Subcommand {

    private static final long MIN_FREE_BYTES = 500L << 20;

    @Option(
            names = "--port",
            defaultValue = "8080",
            description = "HTTP port of the app (default: 8080; 0 = any free).")
    int port;

    @Option(names = "--kafka-port", defaultValue = "9092", description = "Port of Kafka (default: 9092; 0 = any free).")
    int kafkaPort;

    @Option(
            names = "--registry-port",
            defaultValue = "8081",
            description = "Port of the schema registry (default: 8081; 0 = any free).")
    int registryPort;

    @Option(names = "--ephemeral", description = "Delete the data when the command ends.")
    boolean ephemeral;

    @Option(
            names = "--no-app",
            description = "Start only Kafka and the schema registry, for instances started with kappa run.")
    boolean noApp;

    @Option(names = "--no-sample", description = "Do not produce sample events.")
    boolean noSample;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "20",
            description = "Sample events per second (default: ${DEFAULT-VALUE}).")
    int rate;

    @Option(
            names = "--set",
            paramLabel = "VIEW.PARAMETER=VALUE",
            description = "Parameter of a view's first version; may be repeated.")
    Map<String, String> parameters = new HashMap<>();

    @Spec
    CommandSpec spec = CommandSpec.create();

    private final Deque<AutoCloseable> started = new ConcurrentLinkedDeque<>();
    private boolean stopping;

    @Override
    public Integer call() throws Exception {
        if (rate < 1) {
            throw CommandException.usage("--rate must be at least 1; to feed no events give --no-sample.");
        }
        GlobalOptions options = Kappa.globalOptions(spec);
        PrintWriter out = spec.commandLine().getOut();
        var shutdown = new Thread(this::stop, "kappa-up-stop");
        Runtime.getRuntime().addShutdownHook(shutdown);
        try {
            return run(options, out);
        } catch (IOException e) {
            throw CommandException.refused(
                    "Start failed: " + e + ". Check that the disk is writable and not full, or choose another"
                            + " directory with --data-dir.");
        } finally {
            // After Ctrl-C failures are the hook's doing, and it ends the process.
            stop();
        }
    }

    private int run(GlobalOptions options, PrintWriter out) throws Exception {
        long begun = System.nanoTime();
        Path data = dataDir(options);
        Layout layout = Layout.of(data, options.views());
        int claimedKafka = Ports.claim(kafkaPort, "Kafka", "--kafka-port");
        int claimedRegistry = Ports.claim(registryPort, "the schema registry", "--registry-port");
        OptionalInt claimedApp = noApp ? OptionalInt.empty() : OptionalInt.of(Ports.claim(port, "the app", "--port"));
        String kafka = "127.0.0.1:" + claimedKafka;
        String registry = "http://127.0.0.1:" + claimedRegistry;

        say(out, "Starting Kafka and the schema registry; data and logs are in " + data);
        ChildProcess broker = own(LocalBroker.start(layout, claimedKafka));
        ChildProcess schemas = own(LocalRegistry.start(layout, claimedRegistry));
        var children = new ArrayList<>(List.of(broker, schemas));
        LocalBroker.await(broker, claimedKafka, schemas);
        say(out, "Kafka is up at " + kafka);
        if (claimedApp.isPresent()) {
            // The app waits for the registry by itself; starting it now saves the time its JVM takes.
            children.add(
                    own(LocalApp.start(layout, claimedApp.getAsInt(), kafka, registry, parameters, Optional.empty())));
        }
        LocalRegistry.await(schemas, claimedRegistry, children.toArray(ChildProcess[]::new));
        say(out, "The schema registry is up at " + registry + " (Confluent's API: /apis/ccompat/v7)");
        if (claimedApp.isPresent()) {
            LocalApp.await(children.getLast(), claimedApp.getAsInt(), broker, schemas);
        }

        boolean fed = !noSample && !noApp;
        if (fed) {
            own(SampleFeed.start(kafka, registry, rate));
            say(out, "Feeding " + rate + " sample events per second (--rate N, --no-sample)");
        }
        var addresses = new Addresses(
                claimedApp.isPresent() ? Optional.of("http://127.0.0.1:" + claimedApp.getAsInt()) : Optional.empty(),
                kafka,
                registry);
        if (options.isUpRunning()) {
            say(out, "Another kappa up is running: give commands the addresses of this one");
        } else {
            Path file = options.addressesFile();
            Files.createDirectories(file.toAbsolutePath().getParent());
            addresses.write(file);
            own(() -> Files.deleteIfExists(file));
        }
        addresses.print(out, Duration.ofNanos(System.nanoTime() - begun), fed);
        return awaitEnd(children);
    }

    private Path dataDir(GlobalOptions options) throws IOException {
        if (ephemeral) {
            Path temporary = Files.createTempDirectory("kappa-up-");
            own(() -> deleteRecursively(temporary));
            requireSpace(temporary);
            return temporary;
        }
        Path data = options.dataDir()
                .orElseGet(() -> options.addressesFile().resolveSibling("data"))
                .toAbsolutePath()
                .normalize();
        try {
            Files.createDirectories(data);
            requireSpace(data);
            FileChannel channel =
                    FileChannel.open(data.resolve("up.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            own(channel);
            @Nullable FileLock lock = channel.tryLock();
            if (lock == null) {
                throw CommandException.refused("Another kappa up is using " + data
                        + ". Stop it, or give this one its own place with --data-dir or --ephemeral.");
            }
        } catch (IOException e) {
            throw CommandException.refused(
                    "The data directory " + data + " cannot be used: " + e + ". Choose another with --data-dir.");
        }
        return data;
    }

    private static void requireSpace(Path directory) throws IOException {
        long free = Files.getFileStore(directory).getUsableSpace();
        if (free < MIN_FREE_BYTES) {
            throw CommandException.refused("The disk of " + directory + " is nearly full: " + (free >> 20)
                    + " MB left, at least " + (MIN_FREE_BYTES >> 20) + " MB are needed. Free some, or choose another"
                    + " place with --data-dir.");
        }
    }

    /** Returns when a child dies; Ctrl-C ends the process through the shutdown hook instead. */
    private int awaitEnd(List<ChildProcess> children) throws InterruptedException {
        while (true) {
            for (ChildProcess child : children) {
                if (!child.isAlive() && !isStopping()) {
                    throw CommandException.refused(child.lastWords() + System.lineSeparator() + "Stopping the rest.");
                }
            }
            Thread.sleep(Duration.ofMillis(200));
        }
    }

    private synchronized boolean isStopping() {
        return stopping;
    }

    private <T extends AutoCloseable> T own(T resource) {
        synchronized (this) {
            if (!stopping) {
                started.push(resource);
                return resource;
            }
        }
        close(resource);
        throw CommandException.refused("Stopped before it was up");
    }

    /** Last started, first stopped: the app closes its state while Kafka is still there. */
    private void stop() {
        synchronized (this) {
            stopping = true;
        }
        // One thread stops everything, the other waits for it.
        synchronized (started) {
            if (started.stream().anyMatch(ChildProcess.class::isInstance)) {
                System.out.println("Stopping; this takes a few seconds");
            }
            for (AutoCloseable next = started.poll(); next != null; next = started.poll()) {
                close(next);
            }
        }
    }

    private static void close(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            System.err.println("kappa: not stopped cleanly: " + e);
        }
    }

    private static void deleteRecursively(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    private static void say(PrintWriter out, String message) {
        out.println(message);
        out.flush();
    }
}
