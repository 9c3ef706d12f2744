package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.AvroSerializer;
import dev.kappa.events.Post;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.localdev.process.ChildProcess;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** What the app does while the broker or the registry is away, and when a topic is not as it must be. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class OutageIT {

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final String COUNTS = "/api/v1/views/hashtag-trends/stores/counts/windows/a";

    /** Has the logs of a test that failed. */
    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory = Path.of("");

    @Test
    @Tag("soak")
    void appWaitsForBrokerAndRegistryAndLosesNothingWhenTheBrokerRestarts() throws Exception {
        try (var cluster = new LocalCluster(directory, "hashtag-trends")) {
            cluster.launchApp(Map.of());
            await().atMost(PATIENCE).until(() -> cluster.appLog().contains("Waiting for Kafka"));
            assertThat(cluster.get("/health/liveness").statusCode()).isEqualTo(200);
            assertThat(cluster.get("/health/readiness").statusCode()).isEqualTo(503);
            assertThat(cluster.get(COUNTS).statusCode()).isEqualTo(503);
            assertThat(cluster.get(COUNTS).headers().firstValue("Retry-After")).isPresent();

            cluster.startBroker();
            await().atMost(PATIENCE).until(() -> cluster.appLog().contains("Waiting for the schema registry"));
            cluster.startRegistry();
            cluster.awaitApp();

            assertThat(cluster.kappa("load", "posts", posts(0, 500).toString())).isZero();
            awaitTotal(cluster, 500);

            cluster.broker().kill();
            await().atMost(PATIENCE).until(() -> cluster.appLog().contains("Kafka does not answer"));
            cluster.startBroker();
            assertThat(cluster.kappa("load", "posts", posts(500, 1000).toString()))
                    .isZero();
            awaitTotal(cluster, 1000);
            await().atMost(PATIENCE).until(() -> cluster.appLog().contains("Kafka answers again"));
            cluster.awaitApp();
        }
    }

    /** Whoever waits for it does not do what it should, such as hand over to another instance. */
    @Test
    void producerIsClosedThoughItsTransactionCannotBeEnded() throws Exception {
        try (var cluster = new LocalCluster(directory).startBrokerAndRegistry()) {
            var kafka = new KafkaSettings(Map.of("bootstrap.servers", cluster.kafka()));
            try (Admin admin = cluster.admin()) {
                admin.createTopics(List.of(new NewTopic("any", 1, (short) 1)))
                        .all()
                        .get();
            }
            Producer<byte[], byte[]> producer = kafka.producer(Map.of("transactional.id", "one"));
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("any", new byte[0])).get();
            cluster.broker().kill();
            Thread closing = Thread.ofPlatform().start(producer::close);
            assertThat(closing.join(Duration.ofSeconds(60))).isTrue();
        }
    }

    /** A record whose schema cannot be asked for now may be a good one. */
    @Test
    @Tag("soak")
    void recordOfASchemaNotSeenBeforeWaitsForTheRegistry() throws Exception {
        try (var cluster = new LocalCluster(directory, "hashtag-trends").startBrokerAndRegistry()) {
            cluster.startApp(Map.of());
            byte[] newer = postOfANewerSchema(cluster.registry());

            cluster.schemaRegistry().kill();
            Map<String, Object> settings = Map.of("bootstrap.servers", cluster.kafka());
            try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer())) {
                producer.send(new ProducerRecord<>("posts", "p", newer)).get();
            }
            await().atMost(PATIENCE).until(() -> cluster.appLog().contains("Schema registry does not answer"));
            cluster.startRegistry();

            awaitTotal(cluster, 1);
            assertThat(cluster.get("/prometheus").body()).containsPattern("dead_letters_total.*hashtag-trends.* 0.0");
        }
    }

    private static byte[] postOfANewerSchema(String registry) {
        String json = Post.getClassSchema().toString();
        Schema newer = new Schema.Parser()
                .parse(json.replace(
                        "{\"name\":\"createdAt\"",
                        "{\"name\":\"language\",\"type\":\"string\"},{\"name\":\"createdAt\""));
        var post = new GenericData.Record(newer);
        post.put("postId", "p");
        post.put("language", "en");
        post.put("hashtags", List.of("a"));
        post.put("createdAt", Instant.now().truncatedTo(ChronoUnit.MILLIS));
        try (var serializer = new AvroSerializer<GenericRecord>()) {
            serializer.configure(Map.of(AvroSerdeConfig.URL, registry), false);
            return Objects.requireNonNull(serializer.serialize("posts", post));
        }
    }

    @Test
    void appRefusesTopicsThatCannotBeJoined() throws Exception {
        try (var cluster = new LocalCluster(directory).startBrokerAndRegistry()) {
            try (var admin = cluster.admin()) {
                admin.createTopics(List.of(
                                new NewTopic("transactions", 3, (short) 1),
                                new NewTopic("device-locations", 5, (short) 1)))
                        .all()
                        .get();
            }
            ChildProcess app = cluster.launchApp(Map.of());
            assertThat(app.await()).isEqualTo(1);
            assertThat(cluster.appLog()).contains("device-locations=5").contains("transactions=3");
        }
    }

    @Test
    @Tag("soak")
    void appWarnsOfAClusterWhoseTransactionVersionWasNotUpgraded() throws Exception {
        try (var cluster = new LocalCluster(directory, "hashtag-trends").startBrokerAndRegistry()) {
            try (var admin = cluster.admin()) {
                var old = new FeatureUpdate((short) 1, FeatureUpdate.UpgradeType.SAFE_DOWNGRADE);
                admin.updateFeatures(Map.of("transaction.version", old), new UpdateFeaturesOptions())
                        .all()
                        .get();
            }
            cluster.startApp(Map.of());
            assertThat(cluster.appLog()).containsOnlyOnce("upgrade --feature transaction.version=2");
        }
    }

    @Test
    void parameterThatDoesNotExistStopsTheStart() throws Exception {
        try (var cluster = new LocalCluster(directory, "hashtag-trends")) {
            ChildProcess app = cluster.launchApp(Map.of("hashtag-trends.windwo", "PT1H"));
            int status = app.await();
            assertThat(status).as(cluster.appLog()).isEqualTo(2);
            assertThat(cluster.appLog().lines()).hasSize(1);
            assertThat(cluster.appLog()).contains("windwo").contains("window");
        }
    }

    private Path posts(int from, int to) throws Exception {
        List<String> lines = new ArrayList<>();
        for (int i = from; i < to; i++) {
            lines.add("{\"postId\":\"p%d\",\"hashtags\":[\"a\"],\"createdAt\":\"%s\"}".formatted(i, Instant.now()));
        }
        return Files.write(directory.resolve("posts-" + from + ".jsonl"), lines);
    }

    private static void awaitTotal(LocalCluster cluster, long total) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            HttpResponse<String> response = cluster.get(COUNTS);
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            long counted = 0;
            for (JsonNode window : new ObjectMapper().readTree(response.body()).path("windows")) {
                counted += window.path("value").path("count").asLong();
            }
            assertThat(counted).as(response.body()).isEqualTo(total);
        });
    }
}
