package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.AvroSerializer;
import dev.kappa.avro.HttpSchemaRegistry;
import dev.kappa.avro.WireFormat;
import dev.kappa.events.Post;
import dev.kappa.localdev.fixtures.ForeignProducer;
import dev.kappa.localdev.fixtures.LocalCluster;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Dead letters, by the commands a user gives. */
class DeadLettersIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Instant NOON = Instant.parse("2024-03-01T12:00:00Z");

    @Test
    void whatFailedIsListedShownAndSentAgainOnce(@TempDir Path directory) throws Exception {
        try (var cluster = new LocalCluster(directory, "hashtag-trends", "author-mood").startBrokerAndRegistry();
                var registry = new HttpSchemaRegistry(AvroSerdeConfig.from(cluster.clientSettings()));
                var serializer = new AvroSerializer<Post>();
                var producer = new KafkaProducer<>(
                        Map.of("bootstrap.servers", cluster.kafka()),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            cluster.startApp(Map.of());
            serializer.configure(cluster.clientSettings(), false);

            // Something to make later events late, a date a century ahead, and bytes that are nothing.
            send(producer, serializer.serialize("posts", post("first", NOON.plus(Duration.ofDays(9)), "a")));
            Instant written = NOON.plus(Duration.ofDays(8));
            byte[] future = serializer.serialize("posts", post("future", NOON.plus(Duration.ofDays(36_500)), "a"));
            send(producer, written, future);
            send(producer, new byte[] {1, 2, 3});
            // A producer whose schema is not in the registry yet.
            int unknown = registry.register("probe-value", probe(0)) + 40;
            byte[] early = serializer.serialize("posts", post("early", NOON, "b"));
            send(producer, WireFormat.withSchemaId(Objects.requireNonNull(early), unknown));

            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(letters(cluster, "hashtag-trends")).hasSize(3));
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(letters(cluster, "author-mood")).hasSize(3));
            assertThat(letters(cluster, "hashtag-trends"))
                    .filteredOn(one -> one.path("originOffset").asLong() == 1)
                    .singleElement()
                    .satisfies(one -> assertThat(one.path("timestamp").asText()).isEqualTo(written.toString()));
            JsonNode letter = letters(cluster, "hashtag-trends").stream()
                    .filter(one -> one.path("originOffset").asLong() == 3)
                    .findFirst()
                    .orElseThrow();
            String id = letter.path("letter").asText();
            assertThat(letter.path("originTopic").asText()).isEqualTo("posts");
            assertThat(letter.path("version").asText()).isEqualTo("hashtag-trends.v1");
            assertThat(cluster.run("dlq", "show", "hashtag-trends", id).out())
                    .contains("originTopic: posts", "header kappa.error.class: ");
            assertThat(cluster.run("dlq", "list", "hashtag-trends").out()).contains(id, "posts-0@3", "3 letters");

            // By then the app has registered the schemas of its results, and takes no number of those that follow.
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(count(cluster, "a")).isEqualTo(1));
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(posts(cluster)).isEqualTo(1));

            // The schema comes: what an older reader needs of it is there.
            Schema newer = new Schema.Parser().parse(Post.getClassSchema().toString());
            newer.addProp("newer", "yes");
            int next = 1;
            while (registry.register("probe-" + next + "-value", probe(next)) < unknown - 1) {
                next++;
            }
            assertThat(registry.register("newer-value", newer)).isEqualTo(unknown);

            assertThat(cluster.run("dlq", "resend", "hashtag-trends", id).out()).contains("Sent 1 of 1 again.");
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(count(cluster, "b")).isEqualTo(1));
            // Once, however often it is asked for.
            assertThat(cluster.run("dlq", "resend", "hashtag-trends", id).out())
                    .contains("Sent 0 of 1 again. 1 had been resent before");
            // What is hopeless becomes a letter again.
            assertThat(cluster.run("dlq", "resend", "hashtag-trends", "--all").out())
                    .contains("Sent 2 of 3 again.");
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(letters(cluster, "hashtag-trends")).hasSize(5));
            assertThat(count(cluster, "b")).isEqualTo(1);

            // The other view that reads the topic had letters of its own, and none of this.
            assertThat(letters(cluster, "author-mood"))
                    .allSatisfy(
                            own -> assertThat(own.path("replayedAt").isNull()).isTrue());
            assertThat(posts(cluster)).isEqualTo(1);

            assertRecordThatIsGoneKeepsNoOtherFromBeingSent(cluster, producer);

            assertThat(cluster.run("dlq", "resend", "hashtag-trends", "7:7").exitCode())
                    .isEqualTo(1);
            assertThat(cluster.run("dlq", "show", "hashtag-trends", "x").exitCode())
                    .isEqualTo(2);
            assertThat(cluster.run("dlq", "list", "no-such-view").exitCode()).isEqualTo(1);
        }
    }

    /** A letter about a record that was too large has no bytes of its own. */
    private static void assertRecordThatIsGoneKeepsNoOtherFromBeingSent(
            LocalCluster cluster, KafkaProducer<byte[], byte[]> producer) throws Exception {
        try (var large = new ForeignProducer(cluster)) {
            var post = new Post("large", "ann", "x".repeat(20 << 20), List.of("c"), NOON);
            large.send("posts", 0, NOON.toEpochMilli(), ForeignProducer.text("key"), large.event("posts", post));
        }
        send(producer, new byte[] {4, 5, 6});
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(letters(cluster, "hashtag-trends")).hasSize(7));
        String id = letters(cluster, "hashtag-trends").stream()
                .filter(letter -> letter.path("errorMessage").asText().contains("max-message-bytes"))
                .findFirst()
                .orElseThrow()
                .path("letter")
                .asText();
        try (Admin admin = cluster.admin()) {
            admin.deleteRecords(Map.of(new TopicPartition("posts", 0), RecordsToDelete.beforeOffset(-1)))
                    .all()
                    .get();
        }

        LocalCluster.Outcome named = cluster.run("dlq", "resend", "hashtag-trends", id);
        assertThat(named.exitCode()).isEqualTo(1);
        assertThat(named.out())
                .contains("Letter " + id + " cannot be resent", "has been deleted", "Sent 0 of 1 again.");
        LocalCluster.Outcome rest = cluster.run("dlq", "resend", "hashtag-trends", "--all");
        assertThat(rest.exitCode()).as(rest.err()).isZero();
        assertThat(rest.out())
                .contains(
                        "Letter " + id + " cannot be resent",
                        "Sent 3 of 7 again. 3 had been resent before and were skipped. 1 cannot be resent");
    }

    /** Schemas take up numbers one after the other. */
    private static Schema probe(int number) {
        return SchemaBuilder.record("Probe" + number).fields().requiredInt("a").endRecord();
    }

    private static long count(LocalCluster cluster, String hashtag) throws Exception {
        JsonNode windows = cluster.json("/api/v1/views/hashtag-trends/stores/counts/windows/" + hashtag);
        return windows.path("windows").path(0).path("value").path("count").asLong();
    }

    private static long posts(LocalCluster cluster) throws Exception {
        return cluster.json("/api/v1/views/author-mood/stores/moods/entries/ann")
                .path("value")
                .path("posts")
                .asLong();
    }

    private static List<JsonNode> letters(LocalCluster cluster, String view) throws Exception {
        var letters = new java.util.ArrayList<JsonNode>();
        cluster.run("dlq", "list", view, "--output", "json").json().forEach(letters::add);
        return letters;
    }

    private static Post post(String id, Instant at, String hashtag) {
        return new Post(id, "ann", null, List.of(hashtag), at);
    }

    private static void send(KafkaProducer<byte[], byte[]> producer, byte @Nullable [] value) throws Exception {
        send(producer, NOON.plus(Duration.ofDays(9)), value);
    }

    private static void send(KafkaProducer<byte[], byte[]> producer, Instant written, byte @Nullable [] value)
            throws Exception {
        byte[] key = ByteBuffer.wrap("key".getBytes(StandardCharsets.UTF_8)).array();
        producer.send(new ProducerRecord<>("posts", 0, written.toEpochMilli(), key, value))
                .get();
    }
}
