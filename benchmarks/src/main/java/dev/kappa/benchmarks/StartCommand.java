package dev.kappa.benchmarks;

import dev.kappa.localdev.process.ChildProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * How soon an instance is ready, from the start of its process: with nothing there, with nothing to restore, and with its disk lost.
 */
@Command(
        name = "start",
        description = "Times the start of an instance: the first, one with its state, one without.",
        mixinStandardHelpOptions = true)
final class StartCommand implements Callable<Integer> {

    @Option(
            names = "--events",
            defaultValue = "2000000",
            description = "Events whose view is restored (default: ${DEFAULT-VALUE}).")
    long events;

    @Option(
            names = "--campaigns",
            defaultValue = "10000",
            description = "Campaigns; many make many results (default: ${DEFAULT-VALUE}).")
    int campaigns;

    @Option(names = "--runs", defaultValue = "5", description = "Starts of each kind (default: ${DEFAULT-VALUE}).")
    int runs;

    @Override
    public Integer call() throws Exception {
        var first = new double[runs];
        for (int run = 0; run < runs; run++) {
            try (Cluster cluster = Cluster.start(4)) {
                new AdEvents(0, campaigns).write(cluster);
                first[run] = start(cluster, cluster.directory().resolve("instance"), run == 0);
            }
        }
        say("First start, topics to be made", first);
        try (Cluster cluster = Cluster.start(4)) {
            long views = new AdEvents(events, campaigns)
                    .write(cluster).values().stream().mapToLong(Long::longValue).sum();
            Path directory = cluster.directory().resolve("instance");
            Files.createDirectories(directory);
            long results;
            try (ChildProcess process = Contender.KAPPA.start(cluster, RUN, directory);
                    var read = Results.of(cluster, Contender.KAPPA, RUN)) {
                read.await(views, process::isAlive);
                results = read.counts().size();
            }
            var again = new double[runs];
            for (int run = 0; run < runs; run++) {
                again[run] = start(cluster, directory, false);
            }
            say("Start with its state", again);
            var restored = new double[runs];
            for (int run = 0; run < runs; run++) {
                Cluster.delete(directory);
                restored[run] = start(cluster, directory, false);
            }
            say("Start with %,d results to restore".formatted(results), restored);
        }
        return 0;
    }

    private static final String RUN = "start";

    /** Seconds until the instance is ready; it is stopped then. */
    private static double start(Cluster cluster, Path directory, boolean tells)
            throws IOException, InterruptedException {
        Files.createDirectories(directory);
        URI readiness = URI.create("http://127.0.0.1:" + cluster.appPort() + "/health/readiness");
        long begun = System.nanoTime();
        try (ChildProcess process = Contender.KAPPA.start(cluster, RUN, directory);
                var http = HttpClient.newBuilder()
                        .connectTimeout(Duration.ofSeconds(1))
                        .build()) {
            while (process.isAlive() && !isReady(http, readiness)) {
                Thread.sleep(10);
            }
            double seconds = (System.nanoTime() - begun) / 1e9;
            if (!process.isAlive()) {
                throw new IOException("The instance has ended: " + process.lastWords());
            }
            if (tells) {
                System.out.println(Files.readString(directory.resolve("log")));
            }
            return seconds;
        }
    }

    private static boolean isReady(HttpClient http, URI readiness) throws InterruptedException {
        try {
            return http.send(HttpRequest.newBuilder(readiness).build(), HttpResponse.BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException notThere) {
            return false;
        }
    }

    private static void say(String what, double[] seconds) {
        double[] sorted = Arrays.stream(seconds).sorted().toArray();
        System.out.printf(
                "%-40s %.1f s (%.1f to %.1f)%n", what, sorted[sorted.length / 2], sorted[0], sorted[sorted.length - 1]);
    }
}
