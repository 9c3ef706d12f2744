package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.events.PageView;
import dev.kappa.events.Transaction;
import dev.kappa.localdev.fixtures.ForeignProducer;
import dev.kappa.localdev.fixtures.LocalCluster;
import java.math.BigDecimal;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys that addresses do not like, and state that is not as it was left. */
class OddKeysIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Instant NOON = Instant.parse("2024-03-01T12:00:00Z");

    private static final List<String> KEYS =
            List.of("", ".", "..", "a/b", "%2e", "?", "a b+c", "汉".repeat(500), "ключ".repeat(100_000));

    private static String name(String key) {
        return key.length() > 20 ? key.length() + " characters" : key;
    }

    private static JsonNode post(LocalCluster cluster, String store, Map<String, ?> body) throws Exception {
        HttpResponse<String> answer = cluster.post("/api/v1/views/" + store + "/query", JSON.writeValueAsString(body));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    @Test
    @Tag("soak")
    @Handles(
            input = "keys such as `.`, `..`, the empty one, and of any length",
            outcome = "answered; long ones by `POST …/query`")
    @Handles(input = "damaged RocksDB files", outcome = "a restore of that task")
    void keysOfAnyFormAndLengthAreAnsweredFor(@TempDir Path directory) throws Exception {
        try (var cluster = new LocalCluster(directory, "fraud-alerts", "visitor-sessions").startBrokerAndRegistry();
                var producer = new ForeignProducer(cluster)) {
            cluster.startApp(Map.of());
            for (String key : KEYS) {
                int partition = Utils.toPositive(Utils.murmur2(ForeignProducer.text(key))) % 4;
                producer.send(
                        "page-views",
                        partition,
                        NOON.toEpochMilli(),
                        ForeignProducer.text(key),
                        producer.event("page-views", new PageView(key, "/" + key.length(), 200, 1L, NOON)));
                producer.send(
                        "transactions",
                        partition,
                        NOON.toEpochMilli(),
                        ForeignProducer.text(key),
                        producer.event(
                                "transactions",
                                new Transaction(
                                        "t", key, null, new BigDecimal("1.00"), "EUR", null, null, null, NOON)));
            }
            for (String key : KEYS) {
                await(name(key)).atMost(PATIENCE).untilAsserted(() -> {
                    JsonNode session =
                            post(cluster, "visitor-sessions/stores/sessions", Map.of("get", "windows", "key", key));
                    assertThat(session.path("windows")
                                    .path(0)
                                    .path("value")
                                    .path("entry")
                                    .asText())
                            .isEqualTo("/" + key.length());
                    JsonNode profile =
                            post(cluster, "fraud-alerts/stores/profiles", Map.of("get", "entries", "key", key));
                    assertThat(profile.path("key").asText()).isEqualTo(key);
                });
            }
            // In the address: all that fit, and are left as they are by those who send it.
            for (String key : KEYS.subList(0, KEYS.size() - 1)) {
                String path = "/api/v1/views/fraud-alerts/stores/profiles/entries/"
                        + URLEncoder.encode(key, StandardCharsets.UTF_8)
                                .replace("+", "%20")
                                .replace(".", "%2E");
                String answer =
                        cluster.exchange("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
                assertThat(answer).as(name(key)).startsWith("HTTP/1.1 200");
                assertThat(JSON.readTree(answer.substring(answer.indexOf("\r\n\r\n")))
                                .path("key")
                                .asText())
                        .isEqualTo(key);
            }
            // A page at a time, by cursors that hold keys of any length.
            var seen = new ArrayList<String>();
            String cursor = null;
            do {
                JsonNode page = post(
                        cluster,
                        "fraud-alerts/stores/profiles",
                        cursor == null
                                ? Map.of("get", "entries", "limit", 1)
                                : Map.of("get", "entries", "limit", 1, "cursor", cursor));
                page.path("entries").forEach(entry -> seen.add(entry.path("key").asText()));
                cursor = page.path("nextCursor").isNull()
                        ? null
                        : page.path("nextCursor").asText();
            } while (cursor != null);
            assertThat(seen).containsExactlyInAnyOrderElementsOf(KEYS);

            assertThat(cluster.post("/api/v1/views/fraud-alerts/stores/profiles/query", "{\"get\":\"nothing\"}")
                            .statusCode())
                    .isEqualTo(400);
            assertThat(cluster.post("/api/v1/views/fraud-alerts/stores/profiles/query", "{\"get\":\"entries\",\"x\":1}")
                            .statusCode())
                    .isEqualTo(400);
            assertThat(cluster.post("/api/v1/views/fraud-alerts/stores/profiles/query", "[")
                            .statusCode())
                    .isEqualTo(400);

            damage(cluster);
        }
    }

    /** A store that cannot be opened costs a restore of its task. */
    private static void damage(LocalCluster cluster) throws Exception {
        cluster.app().close();
        Path state = cluster.stateDir();
        List<Path> manifests;
        try (Stream<Path> files = Files.walk(state)) {
            manifests = files.filter(file -> file.getFileName().toString().startsWith("MANIFEST"))
                    .toList();
        }
        assertThat(manifests).isNotEmpty();
        for (Path manifest : manifests) {
            byte[] bytes = Files.readAllBytes(manifest);
            Files.write(manifest, Arrays.copyOf(bytes, Math.min(20, bytes.length)));
        }
        cluster.startApp(Map.of());
        await().atMost(PATIENCE).untilAsserted(() -> {
            JsonNode profile = post(cluster, "fraud-alerts/stores/profiles", Map.of("get", "entries", "key", "a/b"));
            assertThat(profile.path("value").path("count").asInt()).isEqualTo(1);
        });
        assertThat(cluster.appLog()).contains("Local state of a task is damaged; it is deleted and restored");
        cluster.json("/api/v1/views")
                .path("views")
                .forEach(view -> assertThat(view.path("state").asText())
                        .as(view.path("name").asText())
                        .isIn("RUNNING", "REBALANCING"));
    }
}
