package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.events.Reading;
import dev.kappa.localdev.fixtures.ForeignProducer;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.topologies.ViewDefinition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A view whose code throws for some records skips them, sends them to the dead letters, and processes the others. */
class FailingViewIT {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Instant NOON = Instant.parse("2024-03-01T12:00:00Z");

    private static Optional<LocalCluster> started = Optional.empty();

    /** Tests that send bad records share a cluster: each counts from what it finds. */
    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        var cluster = new LocalCluster(directory);
        started = Optional.of(cluster);
        cluster.startBrokerAndRegistry();
        startApp(cluster, directory);
    }

    @AfterAll
    static void stop() {
        started.ifPresent(LocalCluster::close);
    }

    @Test
    @Handles(
            input = "a record that ends a stream thread, whatever the failure, before or behind a repartition",
            outcome = "dead letter at the second time; those behind it are counted")
    void recordsThatEndThreadsAreDeadLettersAndTheViewGoesOn() throws Exception {
        assertDeadLetters(FailingView.OVERFLOWS_THE_STACK, -FailingView.ENDS_THE_THREAD);
    }

    @Test
    @Tag("soak")
    void recordsThatEndThreadsInAnyWayAreDeadLetters() throws Exception {
        assertDeadLetters(FailingView.ENDS_THE_THREAD, FailingView.IS_OF_ANOTHER_CLASS);
    }

    /** Each bad value comes between good ones. */
    private static void assertDeadLetters(double... bad) throws Exception {
        LocalCluster cluster = started.orElseThrow();
        Set<String> before = letters(cluster).keySet();
        int countBefore = count(cluster);
        var values = new ArrayList<>(List.of(1.0));
        for (double value : bad) {
            values.add(value);
            values.add(values.size() + 1.0);
        }
        try (var producer = new ForeignProducer(cluster)) {
            send(producer, null, values);
        }

        int good = bad.length + 1;
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(count(cluster)).isEqualTo(countBefore + good));
        // Queries read what is in a store, dead letters are read when their transaction is committed.
        Collection<JsonNode> letters = awaitLetters(cluster, before, bad.length);
        assertThat(letters)
                .anySatisfy(letter -> assertThat(letter.path("errorMessage").asText())
                        .contains("ended stream threads 2 times", "A bug in the code of a view"));
        assertThat(cluster.appLog()).doesNotContain("marked FAILED");
    }

    @Test
    @Handles(
            input = "an event that cannot be combined with others, or what was combined of several cannot be written",
            outcome =
                    "dead letter of that event alone; the others are counted. A part that is sent again counts in its window only")
    void oneEventAmongThoseThatAreCombinedIsADeadLetter() throws Exception {
        LocalCluster cluster = started.orElseThrow();
        Set<String> before = letters(cluster).keySet();
        try (var producer = new ForeignProducer(cluster)) {
            send(
                    producer,
                    "u",
                    List.of(
                            1.0,
                            2.0,
                            FailingView.CANNOT_BE_ADDED,
                            3.0,
                            FailingView.CANNOT_BE_WRITTEN,
                            FailingView.CANNOT_BE_MERGED,
                            4.0));
            awaitCounts(cluster, 4, 4, 4);
            Collection<JsonNode> letters = awaitLetters(cluster, before, 5);
            assertThat(letters)
                    .filteredOn(letter -> letter.path("originTopic").asText().equals("readings"))
                    .hasSize(2);
            assertThat(cluster.appLog()).doesNotContain("marked FAILED");

            send(producer, "u", List.of(5.0, 6.0));
            awaitCounts(cluster, 6, 6, 6);
            String part = letters.stream()
                    .filter(letter -> letter.path("originTopic").asText().endsWith("-repartition"))
                    .map(letter -> letter.path("letter").asText())
                    .findFirst()
                    .orElseThrow();
            assertThat(cluster.run("dlq", "resend", "failing-view", part).exitCode())
                    .isZero();
            awaitCounts(cluster, 6, 6, 7);
        }
    }

    private static Map<String, JsonNode> letters(LocalCluster cluster) throws Exception {
        return cluster.run("dlq", "list", FailingView.NAME, "--output", "json")
                .json()
                .valueStream()
                .collect(Collectors.toMap(letter -> letter.path("letter").asText(), letter -> letter));
    }

    /** Waits for a number of letters beyond those that were there; more must not come. */
    private static Collection<JsonNode> awaitLetters(LocalCluster cluster, Set<String> before, int count) {
        Map<String, JsonNode> more = await().atMost(PATIENCE)
                .until(
                        () -> {
                            Map<String, JsonNode> letters = letters(cluster);
                            letters.keySet().removeAll(before);
                            return letters;
                        },
                        found -> found.size() >= count);
        assertThat(more).hasSize(count);
        return more.values();
    }

    /** The good records of the key. */
    private static int count(LocalCluster cluster) throws Exception {
        String last = "/api/v1/views/failing-view/stores/last/entries/s";
        return cluster.get(last).statusCode() == 404
                ? 0
                : cluster.json(last).path("value").path("count").asInt();
    }

    @Test
    @Tag("soak")
    void stateIsDeletedWhenAllThreadsHaveEnded(@TempDir Path directory) throws Exception {
        try (var cluster = new LocalCluster(directory).startBrokerAndRegistry();
                var producer = new ForeignProducer(cluster)) {
            startApp(cluster, directory);
            assertThat(cluster.post("/api/v1/views/failing-view/replays", "{}").statusCode())
                    .isEqualTo(201);
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(cluster.json("/api/v1/views/failing-view/versions")
                                    .findValuesAsText("phase"))
                            .contains("CAUGHT_UP"));
            send(producer, null, List.of(FailingView.TAKES_LONG));
            awaitLog(cluster, "failing-view.v2.*is busy");

            LocalCluster.Outcome abort = cluster.run("replay", "abort", FailingView.NAME, "--yes");
            assertThat(abort.exitCode()).as(abort.err()).isZero();
            assertThat(cluster.appLog())
                    .containsPattern("failing-view.v2.*is done(?s:.*)Deleted local state: view=failing-view version=2");
        }
    }

    private static void awaitLog(LocalCluster cluster, String pattern) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(cluster.appLog()).containsPattern(pattern));
    }

    private static void send(ForeignProducer producer, @Nullable String unit, List<Double> values) throws Exception {
        for (double value : values) {
            producer.send(
                    "readings",
                    Utils.toPositive(Utils.murmur2(ForeignProducer.text("s"))) % 4,
                    NOON.toEpochMilli(),
                    ForeignProducer.text("s"),
                    producer.event("readings", new Reading("s", value, unit, NOON)));
        }
    }

    /** The events in each window of the unit, in ascending order. */
    private static void awaitCounts(LocalCluster cluster, Integer... counts) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(cluster.json("/api/v1/views/failing-view/stores/combined/windows/u")
                                .path("windows")
                                .valueStream()
                                .map(window ->
                                        window.path("value").path("views").asInt())
                                .sorted())
                        .containsExactly(counts));
    }

    /** Starts the app with the failing view alone. */
    private static void startApp(LocalCluster cluster, Path directory) throws Exception {
        Path views = directory.resolve("views");
        copy(views, "META-INF/services/" + ViewDefinition.class.getName(), FailingView.class.getName());
        Path config = Files.writeString(
                directory.resolve("kappa.properties"),
                "bootstrap.servers=" + cluster.kafka() + "\nkappa.pool.include=" + FailingView.NAME + "\n");
        cluster.startConfiguredApp(config, views);
    }

    /** A folder of classes as a user's jar has them. */
    private static void copy(Path views, String service, String implementation) throws Exception {
        Path file = views.resolve(service);
        Files.createDirectories(file.getParent());
        Files.writeString(file, implementation + "\n");
        String name = implementation.replace('.', '/') + ".class";
        Path type = views.resolve(name);
        Files.createDirectories(type.getParent());
        try (var in = FailingViewIT.class.getClassLoader().getResourceAsStream(name)) {
            Files.write(type, Objects.requireNonNull(in).readAllBytes());
        }
    }
}
