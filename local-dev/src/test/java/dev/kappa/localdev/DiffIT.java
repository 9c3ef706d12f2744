package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.AvroSerializer;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.reprocessing.catalog.CrashPoint;
import dev.kappa.results.FraudAlert;
import dev.kappa.results.FraudRule;
import java.math.BigDecimal;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Differences that were planted in the outputs of two versions, which nothing else writes to. */
class DiffIT {

    private static final int KEYS = 3_000;
    private static final Instant TIME = Instant.parse("2026-01-01T00:00:00Z");

    @TempDir
    static Path directory = Path.of("");

    private static Optional<LocalCluster> started = Optional.empty();

    @BeforeAll
    static void start() throws Exception {
        LocalCluster cluster = new LocalCluster(directory, "fraud-alerts").startBrokerAndRegistry();
        started = Optional.of(cluster);
        cluster.startApp(Map.of());
        assertThat(cluster.kappaHaltedAt(
                        CrashPoint.OUTPUT_CREATED, "replay", "start", "fraud-alerts", "--set", "distance-km=60"))
                .isEqualTo(137);
        for (int version = 1; version <= 2; version++) {
            try (var producer = producer(cluster)) {
                for (int i = 0; i < KEYS; i++) {
                    send(producer, version, "t" + i, alert("c" + i % 50, 1.0, i));
                }
            }
        }
    }

    @AfterAll
    static void stop() {
        started.ifPresent(LocalCluster::close);
    }

    private static KafkaProducer<String, FraudAlert> producer(LocalCluster cluster) {
        Map<String, Object> settings = new HashMap<>(cluster.clientSettings());
        settings.put(AvroSerdeConfig.AUTO_REGISTER, true);
        var values = new AvroSerializer<FraudAlert>();
        values.configure(settings, false);
        return new KafkaProducer<>(settings, new StringSerializer(), values);
    }

    private static void send(KafkaProducer<String, FraudAlert> producer, int version, String key, FraudAlert value) {
        long time = TIME.toEpochMilli();
        // As Kafka Streams partitions: by the key's bytes.
        var _ = producer.send(new ProducerRecord<>("fraud-alerts.v" + version, null, time, key, value));
    }

    private static FraudAlert alert(String customer, double distance, int cents) {
        return FraudAlert.newBuilder()
                .setCustomer(customer)
                .setRules(List.of(FraudRule.BURST))
                .setAmount(BigDecimal.valueOf(cents, 2))
                .setDistanceKm(distance)
                .setAt(TIME)
                .build();
    }

    private static JsonNode diff(String... options) throws Exception {
        var arguments = new java.util.ArrayList<>(List.of("replay", "diff", "fraud-alerts", "--output", "json"));
        arguments.addAll(List.of(options));
        LocalCluster.Outcome outcome = started.orElseThrow().run(arguments.toArray(String[]::new));
        assertThat(outcome.err()).isEmpty();
        return outcome.json();
    }

    @Test
    void plantedDifferencesAreFoundAndNothingElse() throws Exception {
        LocalCluster cluster = started.orElseThrow();
        JsonNode none = diff();
        assertThat(none.path("compared").asInt()).isEqualTo(KEYS);
        assertThat(none.path("equal").asInt()).isEqualTo(KEYS);
        assertThat(none.path("fraction").asDouble()).isZero();
        assertThat(cluster.run("replay", "diff", "fraud-alerts", "--fail-above", "0%")
                        .exitCode())
                .isZero();

        try (var producer = producer(cluster)) {
            send(producer, 2, "t1", alert("c1", 1.0, 999_99));
            send(producer, 2, "t2", alert("other", 1.0, 2));
            send(producer, 2, "t3", alert("c3", 1.0 + 1e-12, 3));
            send(producer, 2, "t4", alert("c4", 1.0 + 1e-3, 4));
            send(producer, 2, "extra", alert("c0", 1.0, 7));
            var _ = producer.send(
                    new ProducerRecord<>("fraud-alerts.v2", null, TIME.toEpochMilli(), "t5", (FraudAlert) null));
        }

        JsonNode exact = diff("--samples", "10");
        assertThat(exact.path("changed").asInt()).isEqualTo(4);
        assertThat(exact.path("onlyOld").asInt()).isEqualTo(1);
        assertThat(exact.path("onlyNew").asInt()).isEqualTo(1);
        assertThat(exact.path("equal").asInt()).isEqualTo(KEYS - 5);
        assertThat(exact.path("fields").toString()).isEqualTo("{\"amount\":1,\"customer\":1,\"distanceKm\":2}");
        assertThat(exact.path("samples").findValuesAsText("key")).contains("t1", "t2", "t3", "t4", "t5", "extra");

        JsonNode tolerant = diff("--tolerance", "distanceKm=1e-9");
        assertThat(tolerant.path("changed").asInt()).isEqualTo(3);
        assertThat(tolerant.path("fields").path("distanceKm").asInt()).isEqualTo(1);

        Path page = directory.resolve("diff.html");
        LocalCluster.Outcome gate =
                cluster.run("replay", "diff", "fraud-alerts", "--fail-above", "0.1%", "--html", page.toString());
        assertThat(gate.exitCode()).isEqualTo(1);
        assertThat(gate.err()).contains("more than the 0.1%");
        assertThat(Files.readString(page)).contains("fraud-alerts.v2 compared with fraud-alerts.v1", "999.99");
        assertThat(cluster.run("replay", "diff", "fraud-alerts", "--fail-above", "1%")
                        .exitCode())
                .isZero();
    }

    /** Two comparisons at a time are all that an instance makes: those that nobody waits for must not block the others. */
    @Test
    void comparisonStopsWhenItsClientLeaves() throws Exception {
        LocalCluster cluster = started.orElseThrow();
        URI address = cluster.appUri("/api/v1/views/fraud-alerts/diff");
        String request = "GET " + address.getRawPath() + " HTTP/1.1\r\nHost: " + address.getAuthority() + "\r\n\r\n";
        // A comparison may end before the instance has noticed that the client is gone.
        await().untilAsserted(() -> {
            try (var socket = new Socket(address.getHost(), address.getPort())) {
                socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            }
            assertThat(cluster.appLog()).contains("Comparison stopped because its client left: view=fraud-alerts");
        });
    }
}
