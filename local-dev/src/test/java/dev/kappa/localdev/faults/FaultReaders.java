package dev.kappa.localdev.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;

/**
 * Clients that read keys of hashtag-trends all the time, as behind a load balancer, and judge each answer: 200 or a documented 503, an epoch that
 * does not go back, windows of the length of the version that answers. A connection that fails is tried at another instance.
 */
final class FaultReaders implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int CLIENTS = 4;
    private static final Duration PAUSE = Duration.ofMillis(50);
    private static final Duration LEFT_OUT = Duration.ofSeconds(5);
    private static final List<String> KEYS =
            List.of("kafka", "coffee", "music", "football", "news", "travel", "photo", "java");

    private final List<URI> addresses;
    private final IntFunction<Duration> windowOfVersion;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofMillis(500)).build();
    private final List<Thread> threads = new ArrayList<>();
    private final Queue<String> violations = new ConcurrentLinkedQueue<>();
    private final AtomicLong answers = new AtomicLong();
    private final AtomicLong unavailable = new AtomicLong();
    private final Map<String, Integer> reasons = new ConcurrentHashMap<>();
    private final AtomicLong retried = new AtomicLong();
    private final AtomicLong stalest = new AtomicLong();
    private final AtomicLong longestGap = new AtomicLong();
    private final AtomicLong longestGapOfAll = new AtomicLong();
    private final Map<URI, Long> leftOutUntil = new ConcurrentHashMap<>();
    private final Map<String, Long> lastAnswer = new ConcurrentHashMap<>();

    /** Counts that were read, by version, and by key and window. */
    private final Map<Integer, Map<String, Set<Long>>> seen = new ConcurrentHashMap<>();

    private volatile boolean stopping;

    /**
     * Begins.
     *
     * @param windowOfVersion length of the windows of a version
     */
    FaultReaders(FaultCluster cluster, IntFunction<Duration> windowOfVersion) {
        this.addresses = cluster.uris("/api/v1/views/hashtag-trends/stores/counts/windows/");
        this.windowOfVersion = windowOfVersion;
        for (int i = 0; i < CLIENTS; i++) {
            var random = new Random(i);
            threads.add(Thread.ofPlatform().name("reader-" + i).start(() -> read(random)));
        }
    }

    private void read(Random random) {
        long epoch = 0;
        while (!stopping) {
            String key = KEYS.get(random.nextInt(KEYS.size()));
            URI address = next(random);
            var request = HttpRequest.newBuilder(URI.create(address + key + "?limit=50"))
                    .header("Kappa-Epoch", String.valueOf(epoch))
                    .timeout(Duration.ofSeconds(3))
                    .build();
            try {
                epoch = judge(key, epoch, http.send(request, HttpResponse.BodyHandlers.ofString()));
                Thread.sleep(PAUSE);
            } catch (IOException e) {
                // The instance does not answer: a load balancer sends it nothing for a time.
                retried.incrementAndGet();
                leftOutUntil.put(address, System.nanoTime() + LEFT_OUT.toNanos());
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private URI next(Random random) {
        long now = System.nanoTime();
        List<URI> answering = addresses.stream()
                .filter(address -> leftOutUntil.getOrDefault(address, now) - now <= 0)
                .toList();
        List<URI> among = answering.isEmpty() ? addresses : answering;
        return among.get(random.nextInt(among.size()));
    }

    private long judge(String key, long before, HttpResponse<String> answer) throws IOException {
        JsonNode body = JSON.readTree(answer.body());
        if (answer.statusCode() == 503) {
            unavailable.incrementAndGet();
            reasons.merge(body.path("detail").asText().replaceAll("\\d+", "#"), 1, Integer::sum);
            if (!body.path("type").asText().endsWith("unavailable")) {
                violations.add("503 of another type: " + answer.body());
            }
            return before;
        }
        if (answer.statusCode() != 200) {
            violations.add("status " + answer.statusCode() + ": " + answer.body());
            return before;
        }
        answers.incrementAndGet();
        long now = System.nanoTime();
        Long last = lastAnswer.put(key, now);
        if (last != null) {
            longestGap.accumulateAndGet(now - last, Math::max);
            longestGapOfAll.accumulateAndGet(now - last, Math::max);
        }
        stalest.accumulateAndGet(
                answer.headers().firstValueAsLong("Kappa-Staleness-Ms").orElse(0), Math::max);
        long epoch = answer.headers().firstValueAsLong("Kappa-Epoch").orElse(-1);
        if (epoch < before) {
            violations.add("the epoch went back from " + before + " to " + epoch);
        }
        int version =
                (int) answer.headers().firstValueAsLong("Kappa-View-Version").orElse(-1);
        for (JsonNode window : body.path("windows")) {
            Duration length = Duration.between(
                    Instant.parse(window.path("start").asText()),
                    Instant.parse(window.path("end").asText()));
            if (!length.equals(windowOfVersion.apply(version))) {
                violations.add("version " + version + " answered with a window of " + length);
            }
            seen.computeIfAbsent(version, _ -> new ConcurrentHashMap<>())
                    .computeIfAbsent(
                            key + "@" + window.path("start").asText() + "/"
                                    + window.path("end").asText(),
                            _ -> ConcurrentHashMap.newKeySet())
                    .add(window.path("value").path("count").asLong());
        }
        return epoch;
    }

    /** Counts of a version that were read, by key and window. */
    Map<String, Set<Long>> seen(int version) {
        return seen.getOrDefault(version, Map.of());
    }

    /** The longest time for which a key had no answer since this was last asked. */
    Duration longestGap() {
        return Duration.ofNanos(Math.max(open(), longestGap.getAndSet(0)));
    }

    /** The longest time for which a key had no answer. */
    Duration longestGapOfAll() {
        return Duration.ofNanos(Math.max(open(), longestGapOfAll.get()));
    }

    /** The longest time for which a key has had no answer until now. */
    private long open() {
        long now = System.nanoTime();
        return lastAnswer.values().stream().mapToLong(last -> now - last).max().orElse(0);
    }

    /** The largest staleness that an answer has stated. */
    Duration stalest() {
        return Duration.ofMillis(stalest.get());
    }

    List<String> violations() {
        return List.copyOf(violations);
    }

    String report() {
        return "%d answers, %d unavailable %s, %d connections tried elsewhere, longest time a key had no answer %.1f s, stalest answer %.1f s"
                .formatted(
                        answers.get(),
                        unavailable.get(),
                        reasons,
                        retried.get(),
                        longestGapOfAll.get() / 1e9,
                        stalest.get() / 1e3);
    }

    @Override
    public void close() {
        stopping = true;
        threads.forEach(Thread::interrupt);
        http.shutdownNow();
    }
}
