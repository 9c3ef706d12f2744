package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.events.DeviceLocation;
import dev.kappa.events.Reading;
import dev.kappa.events.Transaction;
import dev.kappa.localdev.fixtures.ForeignProducer;
import dev.kappa.localdev.fixtures.LocalCluster;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys as clients of other languages write and place them. */
class ForeignKeysIT {

    private static final String[] VIEWS = {"sensor-averages", "sequence-alerts", "fraud-alerts"};

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Instant NOON = Instant.parse("2024-03-01T12:00:00Z");
    private static final int PARTITIONS = 4;
    private static final List<String> KEYS =
            IntStream.range(0, 10).mapToObj(number -> "sensor-" + number).toList();

    /** How the ten keys are placed; those of kafkajs' older partitioner are recorded. */
    private enum Placement {
        JAVA,
        KAFKAJS_LEGACY,
        CRC32;

        private static final int[] LEGACY = {3, 3, 2, 2, 2, 2, 2, 1, 0, 3};

        int of(int number) {
            byte[] key = KEYS.get(number).getBytes(StandardCharsets.UTF_8);
            return switch (this) {
                case JAVA -> Utils.toPositive(Utils.murmur2(key)) % PARTITIONS;
                case KAFKAJS_LEGACY -> LEGACY[number];
                case CRC32 -> ForeignProducer.crc32(KEYS.get(number), PARTITIONS);
            };
        }
    }

    /** Ten sensors, ten customers with a device far away from what they pay for. */
    private static void send(ForeignProducer producer, Placement placement) throws Exception {
        for (int number = 0; number < KEYS.size(); number++) {
            String key = KEYS.get(number);
            // Devices and transactions of a customer come from different software.
            producer.send(
                    "device-locations",
                    Placement.CRC32.of(number),
                    NOON.toEpochMilli(),
                    ForeignProducer.text(key),
                    producer.event("device-locations", new DeviceLocation(key, 48.0, 16.0, NOON.minusSeconds(60))));
        }
        for (int number = 0; number < KEYS.size(); number++) {
            String key = KEYS.get(number);
            Instant at = NOON.plusSeconds(number);
            producer.send(
                    "readings",
                    placement.of(number),
                    at.toEpochMilli(),
                    ForeignProducer.text(key),
                    producer.event("readings", new Reading(key, (double) number, null, at)));
            producer.send(
                    "transactions",
                    placement.of(number),
                    at.toEpochMilli(),
                    ForeignProducer.text(key),
                    producer.event(
                            "transactions",
                            new Transaction(
                                    "t-" + number,
                                    key,
                                    null,
                                    new BigDecimal("1.00"),
                                    "EUR",
                                    number % 2 == 0 ? 0.0 : 48.0,
                                    number % 2 == 0 ? 0.0 : 16.0,
                                    null,
                                    at)));
        }
    }

    /** All answers about the ten keys: each by itself, the lists, and what was joined. */
    private static List<String> answers(LocalCluster cluster) throws Exception {
        var answers = new ArrayList<String>();
        for (String key : KEYS) {
            answers.add(cluster.json("/api/v1/views/sensor-averages/stores/averages/windows/" + key)
                    .toString());
            answers.add(cluster.json("/api/v1/views/fraud-alerts/stores/profiles/entries/" + key)
                    .toString());
        }
        answers.add(cluster.json("/api/v1/views/sensor-averages/stores/averages/windows")
                .toString());
        answers.add(
                cluster.json("/api/v1/views/fraud-alerts/stores/alerts/entries").toString());
        return answers;
    }

    private static void awaitAll(LocalCluster cluster, int alerts) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(cluster.json("/api/v1/views/sensor-averages/stores/averages/windows")
                            .path("windows"))
                    .hasSize(60);
            assertThat(cluster.json("/api/v1/views/fraud-alerts/stores/profiles/entries")
                            .path("entries"))
                    .hasSize(10);
            assertThat(cluster.json("/api/v1/views/fraud-alerts/stores/alerts/entries")
                            .path("entries"))
                    .hasSize(alerts);
        });
    }

    @Test
    @Tag("soak")
    @Handles(
            input =
                    "keys placed by CRC32 (librdkafka: Python, Go, .NET, kcat) or by an older kafkajs, with `<topic>-key=field`",
            outcome = "answers and joins are byte for byte those of keys placed by Java")
    void tenKeysGiveTheSameAnswersHoweverTheyArePlaced(@TempDir Path directory) throws Exception {
        assertSameAnswers(directory, Placement.JAVA, Placement.CRC32);
    }

    @Test
    @Tag("soak")
    void tenKeysGiveTheSameAnswersWhereAnOlderKafkajsPlacedThem(@TempDir Path directory) throws Exception {
        assertSameAnswers(directory, Placement.JAVA, Placement.KAFKAJS_LEGACY);
    }

    private static void assertSameAnswers(Path directory, Placement... placements) throws Exception {
        var answers = new ArrayList<List<String>>();
        for (Placement placement : placements) {
            try (var cluster = new LocalCluster(directory.resolve(placement.name())).startBrokerAndRegistry();
                    var producer = new ForeignProducer(cluster)) {
                cluster.startApp(Map.of(
                        "sensor-averages.readings-key", "field",
                        "sequence-alerts.readings-key", "field",
                        "fraud-alerts.transactions-key", "field",
                        "fraud-alerts.device-locations-key", "field"));
                send(producer, placement);
                awaitAll(cluster, 5);
                answers.add(answers(cluster));
                assertThat(cluster.run("views").out()).doesNotContain("partitions than");
            }
        }
        assertThat(answers.get(1)).isEqualTo(answers.get(0));
        // Worked out by hand: transactions with even numbers are far from the customer's device.
        assertThat(answers.getFirst().getLast())
                .contains("t-0", "t-2", "t-4", "t-6", "t-8")
                .doesNotContain("t-1", "t-9");
    }

    @Test
    @Handles(
            input = "keys on other partitions than Java chooses",
            outcome =
                    "counted; said once in the log, `kappa views`, HTTP and a metric, with the remedy; reads of one key ask every partition, also after a restart")
    @Handles(
            input = "one key on two partitions",
            outcome =
                    "reads of that key answer 500 `split-key`, never a part of the events; right in a version with `<topic>-key=field`")
    void misplacedKeysAreFoundSaidAndPutRight(@TempDir Path directory) throws Exception {
        try (var cluster = new LocalCluster(directory, VIEWS).startBrokerAndRegistry();
                var producer = new ForeignProducer(cluster)) {
            cluster.startApp(Map.of());
            send(producer, Placement.CRC32);
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(cluster.json("/api/v1/views/sensor-averages/stores/averages/windows")
                                            .path("windows"))
                                    .hasSize(60));

            // Each key is found, on whatever partition it is.
            await().atMost(PATIENCE).untilAsserted(() -> {
                for (String key : KEYS) {
                    assertThat(cluster.json("/api/v1/views/sensor-averages/stores/averages/windows/" + key)
                                    .path("windows"))
                            .hasSize(6);
                }
            });
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(cluster.run("views").out())
                            .contains(
                                    "sensor-averages v1, input readings: keys are on other partitions",
                                    "kappa replay start sensor-averages --set readings-key=field",
                                    "The join on this input is unreliable"));
            assertThat(cluster.appLog()).contains("Input has a problem: view=sensor-averages");
            assertThat(cluster.get("/prometheus").body())
                    .contains("kappa_view_input_problems_total{problem=\"MISPLACED_KEY\",topic=\"readings\"");

            // It is known after a restart, too, although nothing is read again.
            cluster.app().close();
            cluster.startApp(Map.of());
            for (String key : KEYS) {
                assertThat(cluster.json("/api/v1/views/sensor-averages/stores/averages/windows/" + key)
                                .path("windows"))
                        .hasSize(6);
            }

            // A producer that places keys as Java does writes to the same sensor: no partition has the answer.
            String split = KEYS.get(1);
            assertThat(Placement.JAVA.of(1)).isNotEqualTo(Placement.CRC32.of(1));
            producer.send(
                    "readings",
                    Placement.JAVA.of(1),
                    NOON.toEpochMilli(),
                    ForeignProducer.text(split),
                    producer.event("readings", new Reading(split, 5.0, null, NOON.plusSeconds(30))));
            await().atMost(PATIENCE).untilAsserted(() -> {
                var answer = cluster.get("/api/v1/views/sensor-averages/stores/averages/windows/" + split);
                assertThat(answer.statusCode()).isEqualTo(500);
                assertThat(answer.body()).contains("split-key", "several partitions");
            });
            var transaction = new Transaction(
                    "t-split", split, null, new BigDecimal("1.00"), "EUR", null, null, null, NOON.plusSeconds(30));
            producer.send(
                    "transactions",
                    Placement.JAVA.of(1),
                    NOON.toEpochMilli(),
                    ForeignProducer.text(split),
                    producer.event("transactions", transaction));
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(cluster.get("/api/v1/views/fraud-alerts/stores/profiles/entries/" + split)
                                            .statusCode())
                                    .isEqualTo(500));

            var started = cluster.run(
                    "replay", "start", "sensor-averages", "--set", "readings-key=field", "--watch", "--yes");
            assertThat(started.exitCode()).as(started.out() + started.err()).isZero();
            assertThat(cluster.run("replay", "switch", "sensor-averages").exitCode())
                    .isZero();
            await().atMost(PATIENCE).untilAsserted(() -> {
                JsonNode windows = cluster.json("/api/v1/views/sensor-averages/stores/averages/windows/" + split)
                        .path("windows");
                assertThat(windows).hasSize(6);
                assertThat(windows.path(0).path("value").path("count").asInt()).isEqualTo(2);
                assertThat(windows.path(0).path("value").path("mean").asDouble())
                        .isEqualTo(3.0);
            });
            assertThat(cluster.json("/api/v1/views/sensor-averages/versions")
                            .path("versions")
                            .path(1)
                            .path("inputProblems"))
                    .isEmpty();
        }
    }

    @Test
    @Tag("soak")
    @Handles(
            input = "keys that are 8-byte numbers, Avro, or none",
            outcome = "dead letters with the remedy; counted with `<topic>-key=field`")
    @Handles(
            input = "a text key that is not the key field",
            outcome = "dead letter; counted under its field with `<topic>-key=field`")
    void keysThatAreNotTheKeyFieldGoToTheDeadLetters(@TempDir Path directory) throws Exception {
        try (var cluster = new LocalCluster(directory, VIEWS).startBrokerAndRegistry();
                var producer = new ForeignProducer(cluster)) {
            cluster.startApp(Map.of());
            byte[] reading = producer.event("readings", new Reading("200", 1.0, null, NOON));
            byte[] number = ByteBuffer.allocate(Long.BYTES).putLong(200).array();
            int keySchema = producer.register("readings-key", "\"string\"", List.of());
            byte[] avro = ByteBuffer.allocate(9)
                    .put((byte) 0)
                    .putInt(keySchema)
                    .put((byte) 6)
                    .put(ForeignProducer.text("200"))
                    .array();
            long now = NOON.toEpochMilli();
            producer.send("readings", 0, now, number, reading);
            producer.send("readings", 0, now, avro, reading);
            producer.send("readings", 0, now, null, reading);
            producer.send("readings", 0, now, ForeignProducer.text("201"), reading);
            producer.send(
                    "readings",
                    Utils.toPositive(Utils.murmur2(ForeignProducer.text("200"))) % PARTITIONS,
                    now,
                    ForeignProducer.text("200"),
                    reading);

            await().atMost(PATIENCE).untilAsserted(() -> {
                JsonNode letters = cluster.run("dlq", "list", "sensor-averages", "--output", "json")
                        .json();
                assertThat(letters).hasSize(4);
                assertThat(letters)
                        .allSatisfy(letter ->
                                assertThat(letter.path("errorMessage").asText()).contains("readings-key=field"));
            });
            JsonNode windows = cluster.json("/api/v1/views/sensor-averages/stores/averages/windows")
                    .path("windows");
            assertThat(windows).isNotEmpty().allSatisfy(window -> {
                assertThat(window.path("key").asText()).isEqualTo("200");
                assertThat(window.path("value").path("count").asInt()).isEqualTo(1);
            });

            // By its field, every one of them is right.
            var started = cluster.run(
                    "replay", "start", "sensor-averages", "--set", "readings-key=field", "--watch", "--yes");
            assertThat(started.exitCode()).as(started.out() + started.err()).isZero();
            assertThat(cluster.json("/api/v1/views/sensor-averages/stores/averages/windows/200?version=2")
                            .path("windows")
                            .path(0)
                            .path("value")
                            .path("count")
                            .asInt())
                    .isEqualTo(5);
        }
    }
}
