package dev.kappa.benchmarks;

import dev.kappa.localdev.process.ChildProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Runs one instance under events, reads and replays, and reports how its memory, threads, open files and disk grow. The heap has a fixed
 * size and is touched at the start, so that resident memory grows by native memory alone. RocksDB's cache fills up to its bound, with blocks of files
 * that have been deleted, too; it is shown by itself.
 */
@Command(
        name = "soak",
        description = "Growth of memory, threads, open files and disk of an instance under events, reads and replays.",
        mixinStandardHelpOptions = true)
final class SoakCommand implements Callable<Integer> {

    private static final String RUN = "soak";
    private static final int CAMPAIGNS = 1_000;
    private static final int ADS = CAMPAIGNS * 10;
    private static final Duration SAMPLE_INTERVAL = Duration.ofSeconds(15);
    private static final String HEAP = "-Xms768m -Xmx768m -XX:+AlwaysPreTouch";

    @Option(names = "--minutes", defaultValue = "60", description = "How long (default: ${DEFAULT-VALUE}).")
    int minutes;

    @Option(names = "--rate", defaultValue = "1000", description = "Events per second (default: ${DEFAULT-VALUE}).")
    int rate;

    @Option(names = "--reads", defaultValue = "50", description = "Reads per second (default: ${DEFAULT-VALUE}).")
    int reads;

    @Option(
            names = "--replay-every",
            defaultValue = "60",
            description =
                    "Seconds from one replay to the next; each is aborted when the next one is due (default: ${DEFAULT-VALUE}).")
    int replayEvery;

    private static final String CACHE_USAGE = "kafka_stream_state_block_cache_usage{";

    /** One measurement: minutes since the start, then bytes and numbers. */
    private record Sample(
            double minute, long resident, long cache, long liveHeap, long threads, long files, long disk) {}

    @Override
    public Integer call() throws Exception {
        if (System.getProperty("kappa.options") == null) {
            System.setProperty("kappa.options", HEAP);
        }
        var samples = new ArrayList<Sample>();
        try (Cluster cluster = Cluster.start(4)) {
            new AdEvents(100_000, CAMPAIGNS).write(cluster);
            Path directory = cluster.directory().resolve("instance");
            Files.createDirectories(directory);
            long begun = System.nanoTime();
            long end = begun + Duration.ofMinutes(minutes).toNanos();
            try (ChildProcess process = Contender.KAPPA.start(cluster, RUN, directory);
                    var http = HttpClient.newHttpClient()) {
                List<Thread> load = List.of(
                        LiveAds.feed(cluster, rate, ADS),
                        Thread.ofPlatform().daemon().start(() -> read(cluster)),
                        Thread.ofPlatform().daemon().start(() -> replay(cluster)));
                while (System.nanoTime() < end) {
                    Thread.sleep(SAMPLE_INTERVAL);
                    if (!process.isAlive()) {
                        System.out.println("The instance has ended. " + process.lastWords());
                        return 1;
                    }
                    Sample sample = sample(
                            (System.nanoTime() - begun) / 60e9, process.pid(), cacheUsage(http, cluster), directory);
                    samples.add(sample);
                    System.out.printf(
                            "%6.1f min  resident %,5d MB  cache %,4d MB  live heap %,4d MB  threads %3d  files %4d  disk %,5d MB%n",
                            sample.minute,
                            sample.resident >> 20,
                            sample.cache >> 20,
                            sample.liveHeap >> 20,
                            sample.threads,
                            sample.files,
                            sample.disk >> 20);
                }
                load.forEach(Thread::interrupt);
            }
        }
        List<Sample> settled = samples.subList(samples.size() / 3, samples.size());
        System.out.printf(
                "Growth per hour after the first third: resident %+.1f MB, without the cache %+.1f MB, live heap %+.1f MB, threads %+.1f, files %+.1f, disk %+.1f MB%n",
                slope(settled, sample -> sample.resident / 1048576.0),
                slope(settled, sample -> (sample.resident - sample.cache) / 1048576.0),
                slope(settled, sample -> sample.liveHeap / 1048576.0),
                slope(settled, Sample::threads),
                slope(settled, Sample::files),
                slope(settled, sample -> sample.disk / 1048576.0));
        return 0;
    }

    /** By least squares, per hour. */
    private static double slope(List<Sample> samples, ToDoubleFunction<Sample> value) {
        double meanX = samples.stream().mapToDouble(Sample::minute).average().orElse(0);
        double meanY = samples.stream().mapToDouble(value).average().orElse(0);
        double above = samples.stream()
                .mapToDouble(sample -> (sample.minute - meanX) * (value.applyAsDouble(sample) - meanY))
                .sum();
        double below = samples.stream()
                .mapToDouble(sample -> (sample.minute - meanX) * (sample.minute - meanX))
                .sum();
        return below == 0 ? 0 : 60 * above / below;
    }

    private void read(Cluster cluster) {
        var random = new SplittableRandom(reads);
        try (var http = HttpClient.newHttpClient()) {
            while (true) {
                Thread.sleep(1000 / reads);
                String path = random.nextInt(10) == 0
                        ? "top"
                        : "windows/" + AdEvents.campaign(random.nextInt(CAMPAIGNS)) + "?limit=20";
                get(http, cluster, "stores/counts/" + path);
            }
        } catch (InterruptedException done) {
            Thread.currentThread().interrupt();
        }
    }

    private void replay(Cluster cluster) {
        try (var http = HttpClient.newHttpClient()) {
            while (!get(http, cluster, "versions").contains("ACTIVE")) {
                Thread.sleep(500);
            }
            while (true) {
                post(cluster, "replays");
                Thread.sleep(Duration.ofSeconds(replayEvery));
                post(cluster, "abort");
            }
        } catch (InterruptedException done) {
            Thread.currentThread().interrupt();
        }
    }

    private static void post(Cluster cluster, String action) throws InterruptedException {
        try {
            ReplayCommand.operate(cluster, Contender.VIEW, action, "{}");
        } catch (IOException e) {
            System.out.println(e.getMessage());
        }
    }

    private static String get(HttpClient http, Cluster cluster, String path) throws InterruptedException {
        return get(
                http,
                URI.create("http://127.0.0.1:" + cluster.appPort() + "/api/v1/views/" + Contender.VIEW + "/" + path));
    }

    /** The body of the answer; empty when the instance does not answer. */
    private static String get(HttpClient http, URI address) throws InterruptedException {
        try {
            return http.send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (IOException notReady) {
            return "";
        }
    }

    /** Bytes in the cache that all stores of the instance share: each of them reports it. */
    private static long cacheUsage(HttpClient http, Cluster cluster) throws InterruptedException {
        return (long) get(http, URI.create("http://127.0.0.1:" + cluster.appPort() + "/metrics"))
                .lines()
                .filter(line -> line.startsWith(CACHE_USAGE))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .max()
                .orElse(0);
    }

    private static Sample sample(double minute, long pid, long cache, Path directory)
            throws IOException, InterruptedException {
        Path proc = Path.of("/proc", String.valueOf(pid));
        try (Stream<Path> files = Files.list(proc.resolve("fd"))) {
            return new Sample(
                    minute,
                    ProcessUsage.status(pid, "VmRSS:") << 10,
                    cache,
                    liveHeap(pid),
                    ProcessUsage.status(pid, "Threads:"),
                    files.count(),
                    size(directory));
        }
    }

    /** Bytes of the objects that are reachable; a full collection comes first. */
    private static long liveHeap(long pid) throws IOException, InterruptedException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        Process process = new ProcessBuilder(jcmd.toString(), String.valueOf(pid), "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return printed.lines()
                .filter(line -> line.startsWith("Total"))
                .mapToLong(line -> Long.parseLong(line.trim().split("\\s+", -1)[2]))
                .findAny()
                .orElse(0);
    }

    private static long size(Path directory) throws IOException {
        long bytes = 0;
        List<Path> files;
        try (Stream<Path> all = Files.walk(directory)) {
            files = all.filter(Files::isRegularFile).toList();
        } catch (UncheckedIOException changed) {
            return size(directory);
        }
        for (Path file : files) {
            try {
                bytes += Files.size(file);
            } catch (NoSuchFileException compacted) {
                // RocksDB has deleted it since.
            }
        }
        return bytes;
    }
}
