package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.localdev.fixtures.Listening;
import dev.kappa.localdev.fixtures.LocalCluster;
import java.io.BufferedWriter;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A million entries on three instances: read page by page and listened to, while they change. Prints FIGURE lines. */
@Tag("soak")
class ManyEntriesIT {

    private static final int ENTRIES = Integer.getInteger("kappa.entries", 1_000_000);
    private static final int ROUND = 2_000;
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final String MOODS = "/api/v1/views/author-mood/stores/moods/entries";
    private static final String CHANGES = "/api/v1/views/author-mood/changes";
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http = HttpClient.newHttpClient();
    private final Map<String, Long> posts = new HashMap<>();
    private final Random random = new Random(3);
    private long written;
    private volatile boolean enough;

    @TempDir
    Path directory = Path.of("");

    @Test
    void everyEntryIsReadOnceAndEveryChangeHeard() throws Exception {
        try (var cluster = new LocalCluster(directory, "author-mood").startBrokerAndRegistry()) {
            cluster.startApp(Map.of());
            try (var second = cluster.startAnotherApp(Map.of());
                    var third = cluster.startAnotherApp(Map.of())) {
                List<URI> fleet = List.of(cluster.appUri(""), second.uri(""), third.uri(""));
                List<Long> processes = List.of(
                        cluster.app().pid(),
                        second.process().pid(),
                        third.process().pid());
                List<URI> changes = fleet.stream()
                        .map(instance -> instance.resolve(CHANGES))
                        .toList();
                try (var listening = new Listening(() -> changes, "posts", ENTRIES / 10)) {
                    long begun = System.nanoTime();
                    load(cluster, ENTRIES, i -> "author-%07d".formatted(i));
                    awaitHeard(listening);
                    figure("changes: %,d heard over %d connections, %.0f a second from the first post on"
                            .formatted(
                                    listening.changes.get(),
                                    listening.connections.get(),
                                    listening.changes.get() / seconds(begun)));

                    scanWhileItChanges(cluster, fleet, processes);
                    awaitHeard(listening);
                    assertThat(listening.faults).isEmpty();
                    figure("changes: %,d heard over %d connections in all"
                            .formatted(listening.changes.get(), listening.connections.get()));
                }
                try (var again = new Listening(() -> changes, "posts", Integer.MAX_VALUE)) {
                    long begun = System.nanoTime();
                    awaitHeard(again);
                    figure("changes: %,.0f a second, all results over one connection"
                            .formatted(again.changes.get() / seconds(begun)));
                }
            }
        } finally {
            http.close();
        }
    }

    private void scanWhileItChanges(LocalCluster cluster, List<URI> fleet, List<Long> processes) throws Exception {
        Map<String, Long> throughout = Map.copyOf(posts);
        var writing = new Thread(
                () -> {
                    while (!enough) {
                        // Half of them new, between those that are there.
                        load(
                                cluster,
                                ROUND,
                                i -> "author-%07d".formatted(random.nextInt(ENTRIES)) + (i % 2 == 0 ? "" : "-" + i));
                    }
                },
                "writing");
        writing.start();
        long begun = System.nanoTime();
        long bytes = 0;
        long entries = 0;
        long pages = 0;
        long leastMemory = Long.MAX_VALUE;
        long mostMemory = 0;
        String last = "";
        String cursor = "";
        var found = new HashMap<String, Long>();
        do {
            URI instance = fleet.get((int) (pages % fleet.size()));
            HttpResponse<String> answer = http.send(
                    HttpRequest.newBuilder(instance.resolve(MOODS + "?limit=1000" + cursor))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            bytes += answer.body().length();
            JsonNode page = JSON.readTree(answer.body());
            for (JsonNode entry : page.path("entries")) {
                String key = entry.path("key").asText();
                assertThat(key).isGreaterThan(last);
                last = key;
                found.put(key, entry.path("value").path("posts").asLong());
                entries++;
            }
            cursor = page.path("nextCursor").isNull()
                    ? ""
                    : "&cursor=" + page.path("nextCursor").asText();
            if (pages++ % 50 == 0) {
                long memory =
                        processes.stream().mapToLong(ManyEntriesIT::resident).sum();
                leastMemory = Math.min(leastMemory, memory);
                mostMemory = Math.max(mostMemory, memory);
            }
        } while (!cursor.isEmpty());
        double seconds = seconds(begun);
        enough = true;
        writing.join();

        assertThat(entries).as("each key once").isEqualTo(found.size());
        throughout.forEach((author, least) ->
                assertThat(found.getOrDefault(author, 0L)).as(author).isBetween(least, posts.getOrDefault(author, 0L)));
        figure(
                "scan: %,d entries in %,d pages over three instances while %,d posts were written: %.1f MB/s, %,.0f entries/s"
                        .formatted(entries, pages, written - ENTRIES, bytes / 1e6 / seconds, entries / seconds));
        figure("scan: resident memory of the three instances between %,d and %,d MB"
                .formatted(leastMemory, mostMemory));
    }

    /** What each round writes counts once it is written. */
    private void load(LocalCluster cluster, int count, java.util.function.IntFunction<String> author) {
        Path file = directory.resolve("posts.csv");
        var round = new HashMap<String, Long>();
        try {
            try (BufferedWriter lines = Files.newBufferedWriter(file)) {
                lines.write("postId,author,createdAt\n");
                for (int i = 0; i < count; i++) {
                    String name = author.apply(i);
                    lines.write("p" + written + "," + name + "," + START.plusMillis(written) + "\n");
                    round.merge(name, 1L, Long::sum);
                    written++;
                }
            }
            assertThat(cluster.run("load", "posts", file.toString()).exitCode()).isZero();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        round.forEach((name, more) -> posts.merge(name, more, Long::sum));
    }

    private void awaitHeard(Listening listening) {
        Map<String, Long> expected = new HashMap<>();
        posts.forEach((author, count) -> expected.put(author + "@/", count));
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> listening.state.size() == expected.size() && listening.state.equals(expected));
    }

    private static double seconds(long begun) {
        return (System.nanoTime() - begun) / 1e9;
    }

    /** What a process has in memory, in megabytes. */
    private static long resident(long process) {
        try {
            return Files.readAllLines(Path.of("/proc", String.valueOf(process), "status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
                    .findFirst()
                    .orElse(0);
        } catch (IOException notLinux) {
            return 0;
        }
    }

    private static void figure(String text) {
        System.out.println("FIGURE " + text);
    }
}
