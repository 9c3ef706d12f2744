package dev.kappa.localdev;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Clients that read hashtag-trends all the time, hand back the epoch they have seen, and check each answer: a status of
 * 200, an epoch that does not go back, and windows of the length that the version named in the headers has.
 */
final class Readers implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final LocalCluster cluster;
    private final Map<Integer, Duration> windowOfVersion;
    private final HttpClient http = HttpClient.newHttpClient();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong answers = new AtomicLong();
    private final Map<Integer, AtomicLong> answersOfVersion = new ConcurrentHashMap<>();
    private final Queue<String> faults = new ConcurrentLinkedQueue<>();
    private volatile boolean stopping;

    /** Starts so many threads that each ask so often. */
    Readers(LocalCluster cluster, int count, int perSecond, Map<Integer, Duration> windowOfVersion) {
        this.cluster = cluster;
        this.windowOfVersion = windowOfVersion;
        for (int i = 0; i < count; i++) {
            threads.add(Thread.ofPlatform().name("reader-" + i).start(() -> read(perSecond)));
        }
    }

    private void read(int perSecond) {
        long epoch = 0;
        long nextAt = System.nanoTime();
        while (!stopping) {
            try {
                HttpResponse<String> response = http.send(
                        HttpRequest.newBuilder(
                                        cluster.appUri("/api/views/hashtag-trends/stores/counts/windows?limit=5"))
                                .header("Kappa-Epoch", String.valueOf(epoch))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
                epoch = check(response, epoch);
                nextAt += 1_000_000_000L / perSecond;
                long wait = nextAt - System.nanoTime();
                if (wait > 0) {
                    Thread.sleep(Duration.ofNanos(wait));
                }
            } catch (IOException e) {
                faults.add("request failed: " + e);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private long check(HttpResponse<String> response, long before) throws IOException {
        answers.incrementAndGet();
        if (response.statusCode() != 200) {
            faults.add("status " + response.statusCode() + ": " + response.body());
            return before;
        }
        long epoch = Long.parseLong(response.headers().firstValue("Kappa-Epoch").orElse("-1"));
        if (epoch < before) {
            faults.add("epoch went back from " + before + " to " + epoch);
        }
        int version = Integer.parseInt(
                response.headers().firstValue("Kappa-View-Version").orElse("-1"));
        answersOfVersion.computeIfAbsent(version, _ -> new AtomicLong()).incrementAndGet();
        for (JsonNode window : JSON.readTree(response.body()).path("windows")) {
            Duration length = Duration.between(
                    Instant.parse(window.path("start").asText()),
                    Instant.parse(window.path("end").asText()));
            if (!length.equals(windowOfVersion.get(version))) {
                faults.add("version " + version + " answered with a window of " + length);
            }
        }
        return epoch;
    }

    /** Answers so far. */
    long answers() {
        return answers.get();
    }

    /** Answers so far that came from a version. */
    long answersOf(int version) {
        AtomicLong count = answersOfVersion.get(version);
        return count == null ? 0 : count.get();
    }

    /** What was wrong, a line each. */
    List<String> faults() {
        return List.copyOf(faults);
    }

    @Override
    public void close() throws IOException {
        stopping = true;
        threads.forEach(Thread::interrupt);
        http.close();
    }
}
