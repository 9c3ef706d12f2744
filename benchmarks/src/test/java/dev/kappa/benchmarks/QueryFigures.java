package dev.kappa.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.localdev.fixtures.PartitionRequests;
import java.io.BufferedWriter;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/**
 * Rates and times of point reads, of keys that the asked instance has and of keys of another, and of lists; beside the same reads
 * done straight on RocksDB in one process. The load comes from autocannon, which Node's npx fetches. Once its code is compiled, the
 * asked instance has one processor and autocannon the others, by taskset, so that this needs Linux and two processors. Prints FIGURE lines and
 * asserts no time; no build runs it by itself.
 */
class QueryFigures {

    private static final String AUTOCANNON = "autocannon@8.0.0";
    private static final int AUTHORS = 100_000;
    private static final int KEYS = 500;
    private static final int CONNECTIONS = 16;
    private static final Duration MEASURED = Duration.ofSeconds(15);
    /** At half load so long that what the load generator loses as it starts, a request of each connection for a quarter of a second, stays far below 1 %. */
    private static final Duration MEASURED_HALF = Duration.ofSeconds(60);

    private static final String MOODS = "/views/author-mood/stores/moods/entries";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http = HttpClient.newHttpClient();

    @TempDir
    Path directory = Path.of("");

    @Test
    void pointReadsAndLists() throws Exception {
        try (var cluster = new LocalCluster(directory).startBrokerAndRegistry()) {
            cluster.startApp(Map.of());
            try (var another = cluster.startAnotherApp(Map.of())) {
                load(cluster);
                URI app = cluster.appUri("");
                await().atMost(Duration.ofMinutes(5))
                        .until(() ->
                                get(app, "/api" + MOODS + "/author-0099999").statusCode() == 200
                                        && get(another.uri(""), "/api" + MOODS + "/author-0000000")
                                                        .statusCode()
                                                == 200);
                var here = new ArrayList<String>();
                var there = new ArrayList<String>();
                var random = new Random(1);
                while (here.size() < KEYS || there.size() < KEYS) {
                    String key = author(random.nextInt(AUTHORS));
                    String request = PartitionRequests.entry("author-mood", "moods", key);
                    JsonNode own = JSON.readTree(cluster.post(PartitionRequests.path(request), request)
                            .body());
                    (own.path("items").isEmpty() ? there : here).add(key);
                }
                measure("warming up with keys of its own", cluster, here);
                measure("warming up with keys of the other", cluster, there);
                bindToFirstProcessor(cluster);
                double local = measure("keys of its own", cluster, here);
                double forwarded = measure("keys of the other", cluster, there);
                System.out.printf("FIGURE forwarded at %.2f of the rate of its own%n", forwarded / local);
                lists(app);
                cluster.app().close();
                straight(cluster, local);
            }
        } finally {
            http.close();
        }
    }

    private static String author(int number) {
        return "author-%07d".formatted(number);
    }

    private void load(LocalCluster cluster) throws IOException {
        Path file = directory.resolve("posts.csv");
        try (BufferedWriter lines = Files.newBufferedWriter(file)) {
            lines.write("postId,author,createdAt\n");
            for (int i = 0; i < AUTHORS; i++) {
                lines.write("p" + i + "," + author(i) + ","
                        + Instant.parse("2026-01-01T00:00:00Z").plusMillis(i) + "\n");
            }
        }
        assertThat(cluster.run("load", "posts", file.toString()).exitCode()).isZero();
    }

    private HttpResponse<String> get(URI instance, String path) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(instance.resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    /** The largest rate, then times at half of it. */
    private double measure(String what, LocalCluster cluster, List<String> keys)
            throws IOException, InterruptedException {
        URI app = cluster.appUri("");
        ObjectNode har = JSON.createObjectNode();
        ArrayNode entries = har.putObject("log").putArray("entries");
        keys.forEach(key -> entries.addObject()
                .putObject("request")
                .put("method", "GET")
                .put("url", app + "/api" + MOODS + "/" + key)
                .putArray("headers"));
        Path file = directory.resolve("requests.har");
        Files.writeString(file, har.toString());
        JsonNode most = autocannon(app, file, MEASURED, List.of());
        double rate = most.path("requests").path("average").asDouble();
        JsonNode half = autocannon(app, file, MEASURED_HALF, List.of("-R", String.valueOf((int) (rate / 2))));
        JsonNode latency = half.path("latency");
        System.out.printf(
                "FIGURE %s: %.0f requests/s with %d connections; at half of that p50 %s ms, p99 %s ms, p99.9 %s ms; %d failed%n",
                what,
                rate,
                CONNECTIONS,
                latency.path("p50").asText(),
                latency.path("p99").asText(),
                latency.path("p99_9").asText(),
                most.path("non2xx").asInt()
                        + most.path("errors").asInt()
                        + half.path("non2xx").asInt()
                        + half.path("errors").asInt());
        return rate;
    }

    /** What asks has the others, so that neither takes the other's time. */
    private static void bindToFirstProcessor(LocalCluster cluster) throws IOException, InterruptedException {
        String pid = String.valueOf(cluster.app().pid());
        Process binding = new ProcessBuilder("taskset", "--all-tasks", "--cpu-list", "--pid", "0", pid)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        assertThat(binding.waitFor()).isZero();
    }

    private JsonNode autocannon(URI app, Path har, Duration duration, List<String> more)
            throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(
                "taskset",
                "--cpu-list",
                "1-" + (Runtime.getRuntime().availableProcessors() - 1),
                "npx",
                "--yes",
                AUTOCANNON,
                "-j",
                "-c",
                String.valueOf(CONNECTIONS),
                "-d",
                String.valueOf(duration.toSeconds()),
                "--har",
                har.toString()));
        command.addAll(more);
        command.add(app.toString());
        Path output = directory.resolve("autocannon.json");
        int exitCode = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectOutput(output.toFile())
                .start()
                .waitFor();
        assertThat(exitCode).isZero();
        return JSON.readTree(Files.readString(output));
    }

    private void lists(URI app) throws Exception {
        long begun = System.nanoTime();
        long bytes = 0;
        String cursor = "";
        do {
            String page = get(app, "/api" + MOODS + "?limit=1000" + cursor).body();
            bytes += page.length();
            JsonNode next = JSON.readTree(page).path("nextCursor");
            cursor = next.isNull() ? "" : "&cursor=" + next.asText();
        } while (!cursor.isEmpty());
        System.out.printf("FIGURE lists: %.1f MB/s, one client%n", bytes / 1e6 / ((System.nanoTime() - begun) / 1e9));
    }

    /** The same on the files that an instance has left. */
    private static void straight(LocalCluster cluster, double rate) throws Exception {
        try (Stream<Path> files = Files.walk(cluster.stateDir().resolve("kappa.author-mood.v1"))) {
            straight(
                    files.filter(path -> path.endsWith("rocksdb/moods"))
                            .findFirst()
                            .orElseThrow(),
                    rate);
        }
    }

    private static void straight(Path store, double rate) throws RocksDBException {
        var families = new ArrayList<ColumnFamilyDescriptor>();
        for (byte[] name : RocksDB.listColumnFamilies(new Options(), store.toString())) {
            families.add(new ColumnFamilyDescriptor(name));
        }
        var handles = new ArrayList<ColumnFamilyHandle>();
        try (RocksDB database = RocksDB.openReadOnly(new DBOptions(), store.toString(), families, handles)) {
            for (ColumnFamilyHandle handle : handles) {
                var keys = new ArrayList<byte[]>();
                long bytes = 0;
                long begun = System.nanoTime();
                try (RocksIterator all = database.newIterator(handle)) {
                    for (all.seekToFirst(); all.isValid(); all.next()) {
                        keys.add(all.key());
                        bytes += all.key().length + all.value().length;
                    }
                }
                if (keys.size() < KEYS) {
                    continue;
                }
                double seconds = (System.nanoTime() - begun) / 1e9;
                var random = new Random(2);
                long reads = 0;
                long until = System.nanoTime() + MEASURED.toNanos();
                long from = System.nanoTime();
                while (System.nanoTime() < until) {
                    assertThat(database.get(handle, keys.get(random.nextInt(keys.size()))))
                            .isNotNull();
                    reads++;
                }
                double straight = reads / ((System.nanoTime() - from) / 1e9);
                System.out.printf(
                        "FIGURE straight on RocksDB (%s): %.0f reads/s in one thread, %.1f times those over HTTP; scan %.1f MB/s%n",
                        new String(families.get(handles.indexOf(handle)).getName(), StandardCharsets.UTF_8),
                        straight,
                        straight / rate,
                        bytes / 1e6 / seconds);
            }
        }
    }
}
