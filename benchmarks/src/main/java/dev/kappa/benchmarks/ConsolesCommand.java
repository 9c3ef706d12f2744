package dev.kappa.benchmarks;

import dev.kappa.localdev.process.ChildProcess;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.LongAdder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures what open consoles cost an instance: alternately without and with them, under the same events. A console is a client that makes the
 * requests of the page: of the list of views, of a view's versions, and of a view's topology in turn.
 */
@Command(
        name = "consoles",
        description = "Processor time of an instance with open consoles, and without, in pairs.",
        mixinStandardHelpOptions = true)
final class ConsolesCommand implements Callable<Integer> {

    private static final int CAMPAIGNS = 1_000;
    private static final Duration WARM_UP = Duration.ofSeconds(60);

    @Option(names = "--consoles", defaultValue = "10", description = "How many (default: ${DEFAULT-VALUE}).")
    int consoles;

    @Option(names = "--rate", defaultValue = "1000", description = "Events per second (default: ${DEFAULT-VALUE}).")
    int rate;

    @Option(names = "--pairs", defaultValue = "5", description = "Pairs of measurements (default: ${DEFAULT-VALUE}).")
    int pairs;

    @Option(
            names = "--seconds",
            defaultValue = "30",
            description = "Length of each measurement (default: ${DEFAULT-VALUE}).")
    int seconds;

    private final LongAdder bytes = new LongAdder();

    @Override
    public Integer call() throws Exception {
        try (Cluster cluster = Cluster.start(4)) {
            new AdEvents(100_000, CAMPAIGNS).write(cluster);
            Path directory = Files.createDirectories(cluster.directory().resolve("instance"));
            try (ChildProcess process = Contender.KAPPA.start(cluster, "consoles", directory)) {
                Thread feed = LiveAds.feed(cluster, rate, CAMPAIGNS * 10);
                Thread.sleep(WARM_UP);
                var ratios = new ArrayList<Double>();
                for (int pair = 0; pair < pairs; pair++) {
                    double without = share(process);
                    double with;
                    long before = bytes.sum();
                    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                            var http = HttpClient.newHttpClient()) {
                        open(cluster, threads, http);
                        // The first answers are larger than those that follow.
                        Thread.sleep(Duration.ofSeconds(5));
                        with = share(process);
                        threads.shutdownNow();
                        http.shutdownNow();
                    }
                    ratios.add(with / without);
                    System.out.printf(
                            "%d: without %.1f %%, with %d consoles %.1f %% of a processor (x %.2f); %.1f kB per second and console%n",
                            pair + 1,
                            100 * without,
                            consoles,
                            100 * with,
                            with / without,
                            (bytes.sum() - before) / 1000.0 / (seconds + 5) / consoles);
                }
                feed.interrupt();
                double mean = Math.exp(
                        ratios.stream().mapToDouble(Math::log).average().orElse(0));
                System.out.printf("Geometric mean of the ratios: x %.2f%n", mean);
            }
        }
        return 0;
    }

    /** The part of a processor that the instance takes. */
    private double share(ChildProcess process) throws IOException, InterruptedException {
        ProcessUsage before = ProcessUsage.of(process.pid());
        long begun = System.nanoTime();
        Thread.sleep(Duration.ofSeconds(seconds));
        ProcessUsage used = ProcessUsage.of(process.pid()).since(before);
        return used.cpu().toNanos() / (double) (System.nanoTime() - begun);
    }

    private void open(Cluster cluster, ExecutorService threads, HttpClient http) {
        String view = "views/" + Contender.VIEW;
        for (int i = 0; i < consoles; i++) {
            List<Callable<Void>> requests = switch (i % 3) {
                case 0 -> List.of(() -> follow(cluster, http, "events"), () -> poll(cluster, http, "activity", 10));
                case 1 ->
                    List.of(
                            () -> follow(cluster, http, view + "/events"),
                            () -> poll(cluster, http, "activity?view=" + Contender.VIEW, 10));
                default ->
                    List.of(
                            () -> follow(cluster, http, view + "/events"),
                            () -> poll(cluster, http, view + "/topology", 2));
            };
            for (Callable<Void> request : requests) {
                var _ = threads.submit(request);
            }
        }
    }

    private static HttpRequest request(Cluster cluster, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + cluster.appPort() + "/api/v1/" + path))
                .build();
    }

    private Void follow(Cluster cluster, HttpClient http, String path) throws IOException, InterruptedException {
        try (InputStream body = http.send(request(cluster, path), HttpResponse.BodyHandlers.ofInputStream())
                .body()) {
            byte[] piece = new byte[8192];
            for (int read = body.read(piece); read >= 0; read = body.read(piece)) {
                bytes.add(read);
            }
        }
        return null;
    }

    private Void poll(Cluster cluster, HttpClient http, String path, int interval)
            throws IOException, InterruptedException {
        while (true) {
            bytes.add(http.send(request(cluster, path), HttpResponse.BodyHandlers.ofByteArray())
                    .body()
                    .length);
            Thread.sleep(Duration.ofSeconds(interval));
        }
    }
}
