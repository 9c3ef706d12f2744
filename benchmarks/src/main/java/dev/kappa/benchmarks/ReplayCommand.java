package dev.kappa.benchmarks;

import dev.kappa.localdev.process.ChildProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * How fast a job catches up with history: from the start of its process until a reader of committed results has every count.
 * All contenders read the same topics of the same broker, one after the other, in turns; a run whose results are not exactly
 * those that the events have is no result.
 */
@Command(name = "replay", description = "Replays ad events by Kappa and by its peers.", mixinStandardHelpOptions = true)
final class ReplayCommand implements Callable<Integer> {

    @Option(names = "--events", defaultValue = "5000000", description = "Events (default: ${DEFAULT-VALUE}).")
    long events;

    @Option(
            names = "--campaigns",
            defaultValue = "100",
            description = "Campaigns, of ten advertisements each (default: ${DEFAULT-VALUE}).")
    int campaigns;

    @Option(
            names = "--spacing",
            defaultValue = "1",
            description =
                    "Milliseconds of event time from one event to the next, of which more make more windows (default: ${DEFAULT-VALUE}).")
    int spacing;

    @Option(
            names = "--partitions",
            defaultValue = "4",
            description = "Partitions of the topics (default: ${DEFAULT-VALUE}).")
    int partitions;

    @Option(names = "--runs", defaultValue = "3", description = "Runs of each (default: ${DEFAULT-VALUE}).")
    int runs;

    @Option(names = "--contenders", split = ",", description = "Which: ${COMPLETION-CANDIDATES} (default: all).")
    List<Contender> contenders = List.of(Contender.values());

    @Option(
            names = "--timeout",
            defaultValue = "300",
            description = "Seconds that a run may take (default: ${DEFAULT-VALUE}).")
    long timeout;

    @Option(names = "--report", description = "Directory for the report, the logs and a history that each run adds to.")
    Path report = Path.of("");

    /** Results of the job. */
    private long keys;

    @Override
    public Integer call() throws Exception {
        Map<Contender, List<Measured>> measured = measure();
        var all = new Report("Replay of %,d ad events".formatted(events), measured);
        say(all.markdown());
        if (!report.toString().isEmpty()) {
            Files.createDirectories(report);
            Files.writeString(report.resolve("replay.md"), all.markdown());
            Files.writeString(report.resolve("replay.html"), all.html());
            Path history = report.resolve("history.csv");
            String header = Files.exists(history) ? "" : Report.HISTORY_HEADER;
            Files.writeString(
                    history, header + all.history(Instant.now()), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
        return measured.values().stream().flatMap(List::stream).allMatch(Measured::right) ? 0 : 1;
    }

    /** All runs, on a cluster of their own. */
    Map<Contender, List<Measured>> measure() throws Exception {
        Map<Contender, List<Measured>> measured = new EnumMap<>(Contender.class);
        try (Cluster cluster = Cluster.start(partitions)) {
            say("Writing %,d events".formatted(events));
            Map<String, Long> expected = new AdEvents(events, campaigns, spacing).write(cluster);
            keys = expected.size();
            for (int run = 1; run <= runs; run++) {
                for (Contender contender : contenders) {
                    var result = measure(
                            cluster,
                            contender,
                            "run-" + run + "-"
                                    + contender.name().toLowerCase(Locale.ROOT).replace("_", "-"),
                            expected);
                    measured.computeIfAbsent(contender, _ -> new ArrayList<>()).add(result);
                    say("%-28s %s".formatted(contender.title(), result));
                }
            }
        }
        return measured;
    }

    /** How many results the events that were replayed have. */
    long keys() {
        return keys;
    }

    private Measured measure(Cluster cluster, Contender contender, String run, Map<String, Long> expected)
            throws Exception {
        Path directory = Files.createTempDirectory(cluster.directory(), run);
        long views = expected.values().stream().mapToLong(Long::longValue).sum();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(timeout);
        try (var results = Results.of(cluster, contender, run)) {
            long begun = System.nanoTime();
            try (ChildProcess process = contender.start(cluster, run, directory)) {
                ProcessUsage before = new ProcessUsage(Duration.ZERO, 0);
                if (contender == Contender.KAPPA_REPLAY) {
                    awaitFirstVersion(cluster, run, views, process, deadline);
                    before = ProcessUsage.of(process.pid());
                    begun = System.nanoTime();
                    startReplay(cluster);
                }
                ProcessUsage[] usage = {before};
                results.await(views, () -> {
                    usage[0] = usageOf(process, usage[0]);
                    return System.nanoTime() < deadline && (process.isAlive() || process.exitedWell());
                });
                Duration took = Duration.ofNanos(System.nanoTime() - begun);
                Duration first = results.records() == 0 ? took : Duration.ofNanos(results.first() - begun);
                boolean right = results.counts().equals(expected);
                if (!right) {
                    say("%s: results are not right: %,d of %,d views. %s"
                            .formatted(contender.title(), results.total(), views, process.lastWords()));
                }
                if (!report.toString().isEmpty()) {
                    Files.createDirectories(report);
                    Files.copy(
                            directory.resolve("log"),
                            report.resolve(run + ".log"),
                            StandardCopyOption.REPLACE_EXISTING);
                }
                return new Measured(events, took, first, usage[0].since(before), results.records(), right);
            }
        } finally {
            Cluster.delete(directory);
        }
    }

    private static void awaitFirstVersion(Cluster cluster, String run, long views, ChildProcess process, long deadline)
            throws Exception {
        try (var first = Results.of(cluster, Contender.KAPPA, run)) {
            first.await(views, () -> process.isAlive() && System.nanoTime() < deadline);
        }
    }

    /** Asks the instance for a replay of the view. */
    static void startReplay(Cluster cluster) throws IOException, InterruptedException {
        operate(cluster, Contender.VIEW, "replays", "{}");
    }

    /**
     * Has the instance do something with a view.
     *
     * @param action as the path of the operator's HTTP interface has it
     * @param body a JSON object
     */
    static void operate(Cluster cluster, String view, String action, String body)
            throws IOException, InterruptedException {
        try (var http = HttpClient.newHttpClient()) {
            URI place = URI.create("http://127.0.0.1:" + cluster.appPort() + "/api/v1/views/" + view + "/" + action);
            HttpResponse<String> answer = http.send(
                    HttpRequest.newBuilder(place)
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() / 100 != 2) {
                throw new IOException(action + " is refused: " + answer.statusCode() + " " + answer.body());
            }
        }
    }

    /** A process that ends by itself is asked while it is there. */
    private static ProcessUsage usageOf(ChildProcess process, ProcessUsage before) {
        try {
            return ProcessUsage.of(process.pid());
        } catch (IOException | RuntimeException gone) {
            return before;
        }
    }

    private static void say(String line) {
        System.out.println(line);
    }
}
