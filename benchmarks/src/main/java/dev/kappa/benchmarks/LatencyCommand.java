package dev.kappa.benchmarks;

import dev.kappa.events.AdEvent;
import dev.kappa.localdev.process.ChildProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * How long after an event was sent its count can be read: by a reader of committed results, while events come at a steady rate,
 * and, of Kappa, by an HTTP query when there is nothing else to do. Each event is followed: the count that includes it is the one
 * that is waited for.
 */
@Command(
        name = "latency",
        description = "From an event to its result, at a steady rate.",
        mixinStandardHelpOptions = true)
final class LatencyCommand implements Callable<Integer> {

    private static final int CAMPAIGNS = 100;

    /** Between events that a query waits for. */
    private static final int MAX_PAUSE_MS = 400;

    private static final int ADS = 10;

    @Option(names = "--rate", defaultValue = "5000", description = "Events per second (default: ${DEFAULT-VALUE}).")
    int rate;

    @Option(names = "--seconds", defaultValue = "40", description = "How long (default: ${DEFAULT-VALUE}).")
    int seconds;

    @Option(names = "--warm-up", defaultValue = "15", description = "Seconds before, not counted.")
    int warmUp;

    @Option(
            names = "--queries",
            defaultValue = "300",
            description = "Events that a query waits for; as many before are not counted.")
    int queries;

    @Option(names = "--contenders", split = ",", description = "Which (default: ${DEFAULT-VALUE}).")
    List<Contender> contenders =
            List.of(Contender.KAPPA, Contender.STREAMS, Contender.STREAMS_TUNED, Contender.FLINK_HEAP, Contender.SPARK);

    @Override
    public Integer call() throws Exception {
        for (Contender contender : contenders) {
            try (Cluster cluster = Cluster.start(4)) {
                new AdEvents(0, CAMPAIGNS).write(cluster);
                measure(cluster, contender);
            }
        }
        return 0;
    }

    private void measure(Cluster cluster, Contender contender) throws Exception {
        String run = "latency";
        Path directory = Files.createTempDirectory(cluster.directory(), run);
        try (var results = Results.of(cluster, contender, run);
                ChildProcess process = contender.startLive(cluster, run, directory);
                var producer = LiveAds.producer(cluster)) {
            // Until it counts at all.
            Map<String, Deque<Long>> sent = new ConcurrentHashMap<>();
            long[] counted = {0};
            long views = 0;
            while (results.total() == 0 && process.isAlive()) {
                send(producer, 0, Instant.now(), sent);
                views++;
                results.await(1, pause(200));
            }
            results.await(views, process::isAlive);
            sent.clear();
            long[] latencies = new long[rate * seconds];
            int[] measured = {0};
            long begun = System.nanoTime();
            long counting = begun + TimeUnit.SECONDS.toNanos(warmUp);
            long end = counting + TimeUnit.SECONDS.toNanos(seconds);
            results.onCount((result, increase, at) -> {
                Deque<Long> waiting = sent.getOrDefault(result, new ArrayDeque<>());
                synchronized (waiting) {
                    for (long i = 0; i < increase && !waiting.isEmpty(); i++) {
                        long since = waiting.removeFirst();
                        if (since >= counting && measured[0] < latencies.length) {
                            latencies[measured[0]++] = at - since;
                        }
                    }
                }
            });
            Thread feeder = Thread.ofPlatform().start(() -> {
                long count = 0;
                while (System.nanoTime() < end) {
                    long due = (System.nanoTime() - begun) * rate / TimeUnit.SECONDS.toNanos(1);
                    for (; count < due; count++) {
                        send(producer, (int) (count % (CAMPAIGNS * ADS)), Instant.now(), sent);
                    }
                    counted[0] = count;
                    try {
                        Thread.sleep(1);
                    } catch (InterruptedException e) {
                        return;
                    }
                }
            });
            ProcessUsage before = ProcessUsage.of(process.pid());
            results.await(Long.MAX_VALUE, () -> feeder.isAlive() && process.isAlive());
            feeder.join();
            double cpu = ProcessUsage.of(process.pid()).since(before).cpu().toMillis() / 1e3 / (warmUp + seconds);
            results.await(views + counted[0], pause(5_000));
            say("%-24s produced -> committed at %,d/s: %s, %,d events, %.2f processors"
                    .formatted(contender.title(), rate, percentiles(latencies, measured[0]), measured[0], cpu));
            if (contender == Contender.KAPPA) {
                query(cluster, producer, sent);
            }
        } finally {
            Cluster.delete(directory);
        }
    }

    /** One event at a time, each waited for by asking again and again for its count. */
    private void query(Cluster cluster, Producer<String, SpecificRecord> producer, Map<String, Deque<Long>> sent)
            throws IOException, InterruptedException {
        var latencies = new long[queries];
        try (var http = HttpClient.newHttpClient()) {
            var pause = new SplittableRandom(queries);
            for (int i = -queries; i < queries; i++) {
                Thread.sleep(pause.nextInt(MAX_PAUSE_MS));
                Instant at = Instant.now();
                String start = Instant.ofEpochMilli(
                                at.toEpochMilli() - Math.floorMod(at.toEpochMilli(), AdEvents.WINDOW_MS))
                        .toString();
                int ad = (queries + i) % (CAMPAIGNS * ADS);
                URI address = URI.create("http://127.0.0.1:" + cluster.appPort()
                        + "/api/v1/views/campaign-views/stores/counts/windows/" + AdEvents.campaign(ad / ADS) + "?from="
                        + start + "&to=" + start);
                String before = get(http, address);
                long begun = System.nanoTime();
                send(producer, ad, at, sent);
                long deadline = begun + TimeUnit.SECONDS.toNanos(5);
                while (get(http, address).equals(before) && System.nanoTime() < deadline) {
                    Thread.onSpinWait();
                }
                if (i >= 0) {
                    latencies[i] = System.nanoTime() - begun;
                }
            }
        }
        say("%-24s produced -> seen by a query, idle: %s".formatted("Kappa", percentiles(latencies, queries)));
    }

    private static String get(HttpClient http, URI address) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private static void send(
            Producer<String, SpecificRecord> producer, int ad, Instant at, Map<String, Deque<Long>> sent) {
        String name = AdEvents.ad(ad);
        long start = at.toEpochMilli() - Math.floorMod(at.toEpochMilli(), AdEvents.WINDOW_MS);
        Deque<Long> waiting =
                sent.computeIfAbsent(AdEvents.result(AdEvents.campaign(ad / ADS), start), _ -> new ArrayDeque<>());
        synchronized (waiting) {
            waiting.addLast(System.nanoTime());
        }
        var event = new AdEvent("user", "page", name, "banner", "view", at);
        Future<?> _ = producer.send(new ProducerRecord<>(AdEvents.TOPIC, null, at.toEpochMilli(), name, event));
    }

    private static BooleanSupplier pause(long millis) {
        long until = System.nanoTime() + Duration.ofMillis(millis).toNanos();
        return () -> System.nanoTime() < until;
    }

    private static String percentiles(long[] nanos, int count) {
        long[] sorted = LongStream.of(Arrays.copyOf(nanos, count)).sorted().toArray();
        if (count == 0) {
            return "none";
        }
        return "p50 %.0f ms, p90 %.0f ms, p99 %.0f ms, most %.0f ms"
                .formatted(
                        sorted[count / 2] / 1e6,
                        sorted[count * 9 / 10] / 1e6,
                        sorted[count * 99 / 100] / 1e6,
                        sorted[count - 1] / 1e6);
    }

    private static void say(String line) {
        System.out.println(line);
    }
}
