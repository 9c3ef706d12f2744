package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.events.AdEvent;
import dev.kappa.events.PageView;
import dev.kappa.events.Post;
import dev.kappa.events.Reading;
import dev.kappa.events.Transaction;
import dev.kappa.localdev.fixtures.ForeignProducer;
import dev.kappa.localdev.fixtures.LocalCluster;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Records as other software writes them, one kind after the other on one cluster: each is read right or in the dead letters, and
 * no version fails.
 */
class ForeignRecordsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Instant NOON = Instant.parse("2024-03-01T12:00:00Z");
    private static final long LOGGED = NOON.toEpochMilli();
    private static final int PARTITIONS = 4;

    private static Optional<LocalCluster> started = Optional.empty();
    private static Optional<ForeignProducer> opened = Optional.empty();

    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        LocalCluster cluster = new LocalCluster(directory).startBrokerAndRegistry();
        started = Optional.of(cluster);
        opened = Optional.of(new ForeignProducer(cluster));
        cluster.startApp(Map.of("visitor-sessions.page-views-other-types", "skip"));
    }

    @AfterAll
    static void stop() {
        opened.ifPresent(ForeignProducer::close);
        started.ifPresent(LocalCluster::close);
    }

    private static LocalCluster cluster() {
        return started.orElseThrow();
    }

    private static ForeignProducer producer() {
        return opened.orElseThrow();
    }

    private static void sendKeyed(String topic, String key, byte[] value) throws Exception {
        producer().send(topic, partitionOf(key), LOGGED, ForeignProducer.text(key), value);
    }

    private static JsonNode firstWindow(String view, String store, String key) throws Exception {
        return cluster()
                .json("/api/v1/views/" + view + "/stores/" + store + "/windows/" + key)
                .path("windows")
                .path(0)
                .path("value");
    }

    private static List<JsonNode> letters(String view) throws Exception {
        var letters = new ArrayList<JsonNode>();
        cluster()
                .run("dlq", "list", view, "--limit", "1000", "--output", "json")
                .json()
                .forEach(letters::add);
        return letters;
    }

    private static void awaitLetter(String view, String text) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(letters(view))
                        .anySatisfy(letter ->
                                assertThat(letter.path("errorMessage").asText()).contains(text)));
    }

    private static void assertAllRun() throws Exception {
        cluster()
                .json("/api/v1/views")
                .path("views")
                .forEach(view -> assertThat(view.path("state").asText())
                        .as(view.path("name").asText())
                        .isIn("RUNNING", "REBALANCING"));
    }

    @Test
    @Handles(input = "a writer schema with references", outcome = "read")
    void schemaWithReferencesIsRead() throws Exception {
        producer()
                .register(
                        "place",
                        "{\"type\":\"record\",\"name\":\"Place\",\"namespace\":\"acme\",\"fields\":[{\"name\":\"floor\",\"type\":\"int\"}]}",
                        List.of());
        String text = Reading.getClassSchema()
                .toString()
                .replace("\"name\":\"at\"", "\"name\":\"place\",\"type\":\"acme.Place\"},{\"name\":\"at\"");
        int id = producer()
                .register(
                        "readings-with-place-value",
                        text,
                        List.of(Map.of("name", "acme.Place", "subject", "place", "version", 1)));
        var parser = new Schema.Parser();
        Schema place = parser.parse(
                "{\"type\":\"record\",\"name\":\"Place\",\"namespace\":\"acme\",\"fields\":[{\"name\":\"floor\",\"type\":\"int\"}]}");
        Schema schema = parser.parse(text);
        var floor = new GenericData.Record(place);
        floor.put("floor", 3);
        sendKeyed(
                "readings",
                "referring",
                producer()
                        .encoded(
                                id,
                                schema,
                                Map.of(
                                        "sensor",
                                        "referring",
                                        "value",
                                        7.0,
                                        "place",
                                        floor,
                                        "at",
                                        NOON.toEpochMilli())));

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(firstWindow("sensor-averages", "averages", "referring")
                                .path("mean")
                                .asDouble())
                        .isEqualTo(7.0));
        assertAllRun();
    }

    @Test
    @Handles(input = "the schema id in a header of the record", outcome = "read, wherever the record goes")
    void schemaIdInAHeaderIsRead() throws Exception {
        for (double value : new double[] {1, 3}) {
            byte[] framed = producer().event("readings", new Reading("headed", value, null, NOON));
            producer()
                    .send(
                            "readings",
                            partitionOf("headed"),
                            LOGGED,
                            ForeignProducer.text("headed"),
                            Arrays.copyOfRange(framed, 5, framed.length),
                            new RecordHeader("__value_schema_id", Arrays.copyOf(framed, 5)));
            framed = producer().event("posts", new Post("headed", "zoe", "good", List.of("headed"), NOON));
            producer()
                    .send(
                            "posts",
                            0,
                            LOGGED,
                            ForeignProducer.text("headed"),
                            Arrays.copyOfRange(framed, 5, framed.length),
                            new RecordHeader("__value_schema_id", Arrays.copyOf(framed, 5)));
        }

        await().atMost(PATIENCE).untilAsserted(() -> {
            JsonNode average = firstWindow("sensor-averages", "averages", "headed");
            assertThat(average.path("count").asInt()).isEqualTo(2);
            assertThat(average.path("mean").asDouble()).isEqualTo(2.0);
            assertThat(firstWindow("hashtag-trends", "counts", "headed")
                            .path("count")
                            .asInt())
                    .isEqualTo(2);
            assertThat(cluster()
                            .json("/api/v1/views/author-mood/stores/moods/entries/zoe")
                            .path("value")
                            .path("posts")
                            .asInt())
                    .isEqualTo(2);
        });
    }

    @Test
    @Handles(input = "a decimal of another scale", outcome = "rescaled exactly")
    @Handles(input = "a decimal that has no exact value in the scale of the view", outcome = "dead letter")
    @Handles(
            input = "`timestamp-micros`, `-nanos`, `local-timestamp-*`",
            outcome = "converted to milliseconds, rounded down; local times are taken as UTC")
    void decimalsAndTimesOfOtherUnitsAreConvertedExactly() throws Exception {
        String text = Transaction.getClassSchema()
                .toString()
                .replace("\"scale\":2", "\"scale\":4")
                .replace("timestamp-millis", "timestamp-micros");
        Schema schema = new Schema.Parser().parse(text);
        int id = producer().register("micros-value", text, List.of());
        sendKeyed("transactions", "exact", transaction(id, schema, "exact", 123_400));
        sendKeyed("transactions", "exact", transaction(id, schema, "inexact", 123_456));

        await().atMost(PATIENCE).untilAsserted(() -> {
            JsonNode profile = cluster()
                    .json("/api/v1/views/fraud-alerts/stores/profiles/entries/exact")
                    .path("value");
            assertThat(profile.path("max").asText()).isEqualTo("12.34");
            assertThat(profile.path("lastAt").asText()).isEqualTo(NOON.toString());
        });
        awaitLetter("fraud-alerts", "12.3456, which is no decimal of scale 2");
    }

    private static byte[] transaction(int id, Schema schema, String transactionId, long unscaled) throws Exception {
        return producer()
                .encoded(
                        id,
                        schema,
                        Map.of(
                                "transactionId",
                                transactionId,
                                "customer",
                                "exact",
                                "amount",
                                ByteBuffer.wrap(BigInteger.valueOf(unscaled).toByteArray()),
                                "currency",
                                "EUR",
                                "at",
                                NOON.toEpochMilli() * 1_000 + 7));
    }

    @Test
    @Handles(
            input = "a record of 20 MB, small on the wire",
            outcome = "dead letter without its bytes, which names where they are; `kappa dlq resend` sends it again")
    void recordTooLargeToPassOnIsADeadLetterAndThoseBehindItAreCounted() throws Exception {
        String huge = "x".repeat(20 << 20);
        producer()
                .send(
                        "posts",
                        1,
                        LOGGED,
                        ForeignProducer.text("huge"),
                        producer().event("posts", new Post("huge", "ann", huge, List.of("behind"), NOON)));
        producer()
                .send(
                        "posts",
                        1,
                        LOGGED,
                        ForeignProducer.text("next"),
                        producer().event("posts", new Post("next", "ann", "small", List.of("behind"), NOON)));

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(firstWindow("hashtag-trends", "counts", "behind")
                                .path("count")
                                .asInt())
                        .isEqualTo(1));
        awaitLetter("hashtag-trends", "max-message-bytes");
        awaitLetter("author-mood", "max-message-bytes");
        // It is sent again from where it is, however large, and becomes a letter again.
        String letter = letters("author-mood").stream()
                .filter(one -> one.path("errorMessage").asText().contains("max-message-bytes"))
                .findFirst()
                .orElseThrow()
                .path("letter")
                .asText();
        int before = letters("author-mood").size();
        assertThat(cluster().run("dlq", "resend", "author-mood", letter).out()).contains("Sent 1 of 1 again.");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(letters("author-mood")).hasSize(before + 1));
        assertAllRun();
    }

    /** Together they are larger than the heap of the app. */
    @Test
    @Handles(
            input = "sixty of them at once",
            outcome = "likewise: a poll hands over 8 MiB of unpacked records at most, or one record")
    void recordsThatUnpackToMuchAreDeadLettersAndThoseBehindThemAreCounted() throws Exception {
        byte[] huge = producer().event("posts", new Post("huge", "ann", "x".repeat(20 << 20), List.of("bomb"), NOON));
        for (int i = 0; i < 60; i++) {
            producer().send("posts", 2, LOGGED, ForeignProducer.text("huge"), huge);
        }
        producer()
                .send(
                        "posts",
                        2,
                        LOGGED,
                        ForeignProducer.text("after"),
                        producer().event("posts", new Post("after", "ann", "small", List.of("after-bombs"), NOON)));

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(firstWindow("hashtag-trends", "counts", "after-bombs")
                                .path("count")
                                .asInt())
                        .isEqualTo(1));
        assertAllRun();
    }

    @Test
    @Handles(
            input = "headers with the names of Kappa's own, without a value or with any",
            outcome = "no effect, but `kappa.for-version`: a record for another version is left out")
    void headersOfOursWithoutAValueOrWithAnotherHarmNobody() throws Exception {
        for (String name : List.of(
                "kappa.for-version",
                "kappa.partition-time",
                "kappa.event-time",
                "kappa.window",
                "kappa.unusable",
                "kappa.log-time")) {
            for (byte[] value : new byte[][] {null, {1, 2, 3}}) {
                for (String topic : List.of("posts", "blocked-authors")) {
                    producer()
                            .send(
                                    topic,
                                    0,
                                    LOGGED,
                                    ForeignProducer.text("header"),
                                    producer()
                                            .event("posts", new Post("header", "bob", null, List.of("headers"), NOON)),
                                    new RecordHeader(name, value));
                }
            }
        }
        // For another version, by either value, are two of them.
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(firstWindow("hashtag-trends", "counts", "headers")
                                .path("count")
                                .asInt())
                        .isEqualTo(10));
        assertAllRun();
    }

    @Test
    @Handles(input = "NaN and infinities", outcome = "left out of means, minima and maxima, and counted")
    void numbersThatAreNoneAreLeftOutAndCounted() throws Exception {
        for (double value : new double[] {1, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 3}) {
            sendKeyed("readings", "finite", producer().event("readings", new Reading("finite", value, null, NOON)));
        }

        await().atMost(PATIENCE).untilAsserted(() -> {
            JsonNode average = firstWindow("sensor-averages", "averages", "finite");
            assertThat(average.path("count").asInt()).isEqualTo(2);
            assertThat(average.path("mean").asDouble()).isEqualTo(2.0);
            assertThat(average.path("max").asDouble()).isEqualTo(3.0);
        });
        // Metrics of Kafka Streams are read at most twice a second.
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(cluster().get("/prometheus").body())
                        .containsPattern("kappa_view_not_finite_total\\{[^}]*view=\"sensor-averages\"[^}]*} 3.0"));
    }

    @Test
    @Handles(
            input = "records of another type",
            outcome = "dead letters; skipped and counted with `<topic>-other-types=skip`")
    void recordsOfOtherTypesAreSkippedWhereTheInputSaysSo() throws Exception {
        sendKeyed("page-views", "ann", producer().event("ad-events", new AdEvent("u", "p", "a", "t", "view", NOON)));
        sendKeyed("page-views", "ann", producer().event("page-views", new PageView("ann", "/", 200, 1L, NOON)));
        sendKeyed("readings", "ann", producer().event("page-views", new PageView("ann", "/", 200, 1L, NOON)));

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(firstWindow("visitor-sessions", "sessions", "ann")
                                .path("views")
                                .asInt())
                        .isEqualTo(1));
        awaitLetter("sensor-averages", "is of another type: the writer's schema is dev.kappa.events.PageView");
        assertThat(letters("visitor-sessions")).isEmpty();
        assertThat(cluster().get("/prometheus").body())
                .containsPattern("kappa_view_skipped_total\\{[^}]*view=\"visitor-sessions\"[^}]*} 1.0");
    }

    @Test
    @Handles(
            input = "record timestamps that are 0 or in seconds",
            outcome = "dead letters, said once as a problem of the input; counted with `<topic>-max-ahead=P36500D`")
    void recordTimestampsThatAreNoneAreSaidOnceAndTheBoundCanBeSet() throws Exception {
        for (int i = 0; i < 120; i++) {
            String campaign = "ad-" + i;
            producer()
                    .send(
                            "ad-events",
                            Utils.toPositive(Utils.murmur2(ForeignProducer.text(campaign))) % PARTITIONS,
                            NOON.getEpochSecond(),
                            ForeignProducer.text(campaign),
                            producer().event("ad-events", new AdEvent("u", "p", campaign, "t", "view", NOON)));
        }
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(cluster().run("views").out())
                        .contains(
                                "campaign-views v1, input ad-events: many events are dated too far ahead",
                                "kappa replay start campaign-views --set ad-events-max-ahead=P36500D"));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(letters("campaign-views")).hasSize(120));
        var replay = cluster()
                .run("replay", "start", "campaign-views", "--set", "ad-events-max-ahead=P36500D", "--watch", "--yes");
        assertThat(replay.exitCode()).as(replay.out() + replay.err()).isZero();
        assertThat(letters("campaign-views")).hasSize(120);
    }

    private static int partitionOf(String key) {
        return Utils.toPositive(Utils.murmur2(ForeignProducer.text(key))) % PARTITIONS;
    }

    private static void sendPayment(String customer, Instant at) throws Exception {
        var payment =
                new Transaction(customer + at, customer, null, new BigDecimal("1.00"), "EUR", null, null, null, at);
        producer()
                .send(
                        "transactions",
                        partitionOf(customer),
                        at.toEpochMilli(),
                        ForeignProducer.text(customer),
                        producer().event("transactions", payment));
    }

    @Test
    @Handles(
            input = "junk without end in one partition, old events in the others",
            outcome = "the old events are counted; the partition holds them no longer than an idle one")
    void partitionOfJunkHoldsNobody() throws Exception {
        var junk = Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    producer().send("transactions", 0, System.currentTimeMillis(), ForeignProducer.text("junk"), null);
                }
            } catch (InterruptedException stopping) {
                Thread.currentThread().interrupt();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        try {
            awaitLetter("fraud-alerts", "has no value");
            // The partition has come to a time long before the others'.
            String first = IntStream.range(0, 100)
                    .mapToObj(number -> "first-" + number)
                    .filter(customer -> partitionOf(customer) == 0)
                    .findFirst()
                    .orElseThrow();
            sendPayment(first, NOON.minus(Duration.ofDays(2_000)));
            for (int day = 0; day < 300; day += 100) {
                for (String customer : List.of("old-1", "old-2", "old-3", "old-4", "old-5")) {
                    if (partitionOf(customer) != 0) {
                        sendPayment(customer, NOON.minus(Duration.ofDays(1_000 - day)));
                    }
                }
            }
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(cluster()
                                    .json("/api/v1/views/fraud-alerts/stores/profiles/entries?prefix=old-")
                                    .path("entries"))
                            .isNotEmpty()
                            .allSatisfy(entry -> assertThat(
                                            entry.path("value").path("count").asInt())
                                    .isEqualTo(3)));
        } finally {
            junk.interrupt();
            junk.join();
        }
    }

    @Test
    @Handles(input = "a record larger than `max.message.bytes` of its topic, but not compressed", outcome = "read")
    void topicThatTakesNoLargeMessagesDoesNotMatter() throws Exception {
        // A broker's own bound is a megabyte; what fits compressed is read.
        try (var admin = cluster().admin()) {
            admin.incrementalAlterConfigs(Map.of(
                            new ConfigResource(ConfigResource.Type.TOPIC, "page-views"),
                            List.of(new AlterConfigOp(
                                    new ConfigEntry("max.message.bytes", "100000"), AlterConfigOp.OpType.SET))))
                    .all()
                    .get();
        }
        String path = "/" + "y".repeat(5 << 20);
        sendKeyed("page-views", "long", producer().event("page-views", new PageView("long", path, 200, 1L, NOON)));

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(firstWindow("visitor-sessions", "sessions", "long")
                                .path("views")
                                .asInt())
                        .isEqualTo(1));
    }
}
