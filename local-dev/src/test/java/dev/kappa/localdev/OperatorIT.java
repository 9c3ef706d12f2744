package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.HttpSchemaRegistry;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.localdev.fixtures.Posts;
import dev.kappa.reprocessing.catalog.Blueprint;
import dev.kappa.reprocessing.catalog.CatalogChange;
import dev.kappa.reprocessing.catalog.CatalogWriter;
import dev.kappa.reprocessing.catalog.Transition;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.cluster.TopicCreator;
import dev.kappa.reprocessing.cluster.TopicSettings;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.Views;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What operators see and do over HTTP, and what an instance does with versions that are not its own. */
@Timeout(240)
class OperatorIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String VIEW = "/api/v1/views/hashtag-trends";

    private static JsonNode post(LocalCluster cluster, String path, String body, int status) throws Exception {
        HttpResponse<String> response = cluster.post(path, body);
        assertThat(response.statusCode())
                .as("POST %s %s: %s", path, body, response.body())
                .isEqualTo(status);
        return JSON.readTree(response.body());
    }

    private static void awaitPhase(LocalCluster cluster, int version, String phase) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(cluster.json(VIEW + "/versions")
                                .path("versions")
                                .get(version - 1)
                                .path("phase")
                                .asText())
                        .isEqualTo(phase));
    }

    @Test
    void everyOperationIsThereOverHttp(@TempDir Path directory) throws Exception {
        try (var cluster = new LocalCluster(directory, "hashtag-trends", "fraud-alerts").startBrokerAndRegistry()) {
            cluster.startApp(Map.of());
            var posts = new Posts();
            posts.loadHistory(cluster, directory, 1_000);

            assertThat(post(cluster, VIEW + "/replays", "{\"dryRun\":true,\"set\":{\"window\":\"PT5M\"}}", 200)
                            .path("changes")
                            .toString())
                    .contains("window: PT1H -> PT5M");
            assertThat(cluster.json(VIEW + "/versions").path("versions")).hasSize(1);
            JsonNode plan = post(cluster, VIEW + "/replays", "{\"set\":{\"window\":\"PT5M\"},\"maxRate\":200}", 201);
            assertThat(plan.path("version").asInt()).isEqualTo(2);
            awaitPhase(cluster, 2, "REPLAYING");
            post(cluster, VIEW + "/replays", "", 422);
            post(cluster, VIEW + "/switch", "", 422);
            post(cluster, VIEW + "/throttle", "{\"maxRate\":100000}", 200);
            awaitPhase(cluster, 2, "CAUGHT_UP");
            await().atMost(PATIENCE)
                    .untilAsserted(() ->
                            assertThat(Posts.answered(cluster, 2)).isEqualTo(posts.counts(Duration.ofMinutes(5))));
            assertThat(cluster.json(VIEW + "/diff").path("onlyNew").asInt()).isPositive();

            long epoch = cluster.json(VIEW + "/history").path("changes").findValues("epoch").stream()
                    .mapToLong(JsonNode::asLong)
                    .max()
                    .orElseThrow();
            JsonNode conflict = post(cluster, VIEW + "/switch", "{\"epoch\":" + (epoch - 1) + "}", 409);
            assertThat(conflict.path("detail").asText()).contains("Epoch " + epoch, "REPLAYING -> CAUGHT_UP");
            JsonNode switched = post(cluster, VIEW + "/switch", "{\"epoch\":" + epoch + "}", 200);
            assertThat(switched.path("activeVersion").asInt()).isEqualTo(2);
            assertThat(switched.path("epoch").asLong()).isEqualTo(epoch + 1);
            assertThat(switched.path("instances")).hasSize(1);
            assertThat(post(cluster, VIEW + "/rollback", "", 200)
                            .path("activeVersion")
                            .asInt())
                    .isEqualTo(1);
            post(cluster, VIEW + "/retire", "{\"version\":1}", 422);
            post(cluster, VIEW + "/retire", "{}", 400);
            assertThat(post(cluster, VIEW + "/retire", "{\"version\":2,\"deleteOutput\":true}", 200)
                            .path("topics")
                            .toString())
                    .contains("\"hashtag-trends.v2\"");
            awaitPhase(cluster, 2, "RETIRED");
            post(cluster, VIEW + "/abort", "{\"version\":2}", 422);

            for (String wrong : new String[] {
                "{\"fast\":true}",
                "[]",
                "{\"maxRate\":0}",
                "{\"from\":\"soon\"}",
                "{\"from\":\"offsets.json\"}",
                "{\"from\":{\"posts\":5}}",
                "{",
                "{\"set\":{\"window\":\"x\"}}"
            }) {
                assertThat(cluster.post(VIEW + "/replays", wrong).statusCode())
                        .as(wrong)
                        .isEqualTo(400);
            }
            assertThat(cluster.post("/api/v1/views/nope/replays", "").statusCode())
                    .isEqualTo(404);
            assertEpochIsHonoured(cluster);
        }
    }

    private static void assertEpochIsHonoured(LocalCluster cluster) throws Exception {
        long epoch = Long.parseLong(
                cluster.get(VIEW).headers().firstValue("Kappa-Epoch").orElseThrow());
        assertThat(withEpoch(cluster, String.valueOf(epoch)).statusCode()).isEqualTo(200);
        HttpResponse<String> ahead = withEpoch(cluster, String.valueOf(epoch + 1));
        assertThat(ahead.statusCode()).isEqualTo(503);
        assertThat(ahead.headers().firstValue("Retry-After")).isPresent();
        assertThat(withEpoch(cluster, "new").statusCode()).isEqualTo(400);
    }

    private static HttpResponse<String> withEpoch(LocalCluster cluster, String epoch)
            throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                    HttpRequest.newBuilder(cluster.appUri(VIEW + "/stores/counts/windows"))
                            .header("Kappa-Epoch", epoch)
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    @Test
    @Tag("soak")
    void versionsOfOtherCodeAndDamagedOnesAreLeftAlone(@TempDir Path directory) throws Exception {
        try (var cluster = new LocalCluster(directory, "hashtag-trends", "fraud-alerts").startBrokerAndRegistry()) {
            createFirstVersionOfOlderCode(cluster);
            cluster.startApp(Map.of());

            JsonNode view = cluster.json(VIEW);
            assertThat(view.path("state").asText()).isEqualTo("NEEDS_REPLAY");
            assertThat(view.path("differences").toString())
                    .contains("revision: 0 -> 3", "parameter window: PT2H -> PT1H");
            assertThat(cluster.get(VIEW + "/stores/counts/windows").statusCode())
                    .isEqualTo(503);
            assertThat(cluster.get("/api/v1/views/fraud-alerts/stores/alerts/entries")
                            .statusCode())
                    .isEqualTo(200);
            LocalCluster.Outcome check = cluster.run("check");
            assertThat(check.exitCode()).isEqualTo(1);
            assertThat(check.out())
                    .contains("hashtag-trends.v1: NEEDS_REPLAY", "revision: 0 -> 3", "fraud-alerts.v1: OK");
            assertThat(cluster.run("check", "--orphans-only", "--include", "hashtag-trends,fraud-alerts")
                            .exitCode())
                    .isEqualTo(1);
            assertThat(cluster.run("check", "--exclude", "hashtag-trends").exitCode())
                    .isZero();
            LocalCluster.Outcome unknown = cluster.run("check", "--include", "hashtags");
            assertThat(unknown.exitCode()).isEqualTo(2);
            assertThat(unknown.err()).contains("There is no view hashtags");

            assertThat(cluster.run("replay", "start", "hashtag-trends", "--watch")
                            .exitCode())
                    .isZero();
            assertThat(cluster.run("replay", "switch", "hashtag-trends").exitCode())
                    .isZero();
            assertThat(cluster.run("check").exitCode()).isZero();
            assertThat(cluster.get(VIEW + "/stores/counts/windows").statusCode())
                    .isEqualTo(200);
            LocalCluster.Outcome rollback = cluster.run("replay", "rollback", "hashtag-trends");
            assertThat(rollback.exitCode()).isEqualTo(1);
            assertThat(rollback.err()).contains("No instance that is alive runs hashtag-trends.v1");

            var kafka = new KafkaSettings(cluster.clientSettings());
            try (Producer<byte[], byte[]> vandal = kafka.producer(Map.of())) {
                byte[] key = "fraud-alerts.v1".getBytes(StandardCharsets.UTF_8);
                vandal.send(new ProducerRecord<>("kappa.catalog", key, new byte[] {9}))
                        .get();
            }
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(cluster.json("/api/v1/views/fraud-alerts")
                                    .path("problem")
                                    .asText())
                            .contains("fraud-alerts.v1", "cannot be read"));
            assertThat(cluster.get("/api/v1/views/fraud-alerts/stores/alerts/entries")
                            .statusCode())
                    .as("what runs goes on")
                    .isEqualTo(200);
            assertThat(cluster.run("replay", "start", "fraud-alerts").err()).contains("cannot be read");
            cluster.app().close();
            cluster.startApp(Map.of());
            assertThat(cluster.get(VIEW + "/stores/counts/windows").statusCode())
                    .isEqualTo(200);
            assertThat(cluster.get("/api/v1/views/fraud-alerts/stores/alerts/entries")
                            .statusCode())
                    .isEqualTo(503);
        }
    }

    /** As a release would have left it whose definition had another revision and another default. */
    private static void createFirstVersionOfOlderCode(LocalCluster cluster) throws Exception {
        ViewDefinition trends = Views.discover().stream()
                .filter(view -> view.name().equals("hashtag-trends"))
                .findFirst()
                .orElseThrow();
        Blueprint present = Blueprint.of(trends, Map.of());
        var older = new Blueprint(
                0,
                present.parameters().stream()
                        .map(parameter -> parameter.name().equals("window")
                                ? new Blueprint.ParameterSetting("window", "PT2H", false)
                                : parameter)
                        .toList(),
                present.inputs(),
                present.stores(),
                present.outputKeySchema(),
                present.outputValueSchema(),
                present.topology(),
                present.internalTopics());
        var kafka = new KafkaSettings(cluster.clientSettings());
        var names = new ClusterNames("");
        try (Admin admin = kafka.admin();
                var registry = new HttpSchemaRegistry(AvroSerdeConfig.from(kafka.values()))) {
            new TopicCreator(admin).create(names.catalogTopic(), 1, Optional.empty(), TopicSettings.compacted());
            for (String input : List.of("posts", "blocked-authors")) {
                new TopicCreator(admin).create(input, 4, Optional.empty(), TopicSettings.keepsAnyTime());
            }
            new CatalogWriter(kafka, names, registry, InstantSource.system())
                    .change(
                            "hashtag-trends",
                            0,
                            new CatalogChange.Operator("old", "release"),
                            "first start",
                            Transition.first("hashtag-trends", older, 4));
        }
    }
}
