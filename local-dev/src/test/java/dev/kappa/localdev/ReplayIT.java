package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.HttpSchemaRegistry;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.localdev.fixtures.Posts;
import dev.kappa.localdev.fixtures.Readers;
import dev.kappa.reprocessing.cluster.TopicCreator;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The life of a version, by the commands a user gives, while events and queries keep coming. */
class ReplayIT {

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What there is on the cluster and on the instance's disk. */
    private record Everything(Set<String> topics, Set<String> groups, Set<String> subjects, Set<String> state) {}

    @Test
    @Tag("soak")
    void viewIsRecomputedSwitchedRolledBackAndCleanedUpUnderLoad(@TempDir Path directory) throws Exception {
        try (var cluster = new LocalCluster(directory, "hashtag-trends").startBrokerAndRegistry()) {
            cluster.startApp(Map.of());
            var posts = new Posts();
            posts.loadHistory(cluster, directory, 20_000);
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(Posts.answered(cluster, 1)).isEqualTo(posts.counts(Duration.ofHours(1))));
            plantNeighbours(cluster);
            Everything before = everything(cluster);

            var windows = Map.of(1, Duration.ofHours(1), 2, Duration.ofMinutes(10));
            var live = new LivePosts(cluster, posts, directory);
            try (var readers = new Readers(cluster, 4, 50, windows)) {
                assertThat(cluster.kappa("replay", "start", "hashtag-trends", "--set", "window=PT10M", "--watch"))
                        .isZero();
                JsonNode diff = cluster.run("replay", "diff", "hashtag-trends", "--output", "json")
                        .json();
                assertThat(diff.path("onlyNew").asLong()).isPositive();
                assertThat(diff.path("onlyOld").asLong()).isPositive();

                assertThat(cluster.kappa("replay", "switch", "hashtag-trends")).isZero();
                await().atMost(PATIENCE).until(() -> readers.answersOf(2) > 200);
                assertThat(cluster.kappa("replay", "rollback", "hashtag-trends"))
                        .isZero();
                long ofFirst = readers.answersOf(1);
                await().atMost(PATIENCE).until(() -> readers.answersOf(1) > ofFirst + 200);

                live.stop();
                await().atMost(PATIENCE)
                        .untilAsserted(() ->
                                assertThat(Posts.answered(cluster, 2)).isEqualTo(posts.counts(Duration.ofMinutes(10))));
                await().atMost(PATIENCE)
                        .untilAsserted(() ->
                                assertThat(Posts.answered(cluster, 1)).isEqualTo(posts.counts(Duration.ofHours(1))));

                assertThat(cluster.run("replay", "retire", "hashtag-trends", "--version", "1", "--yes"))
                        .satisfies(outcome -> assertThat(outcome.exitCode()).isEqualTo(1))
                        .satisfies(outcome ->
                                assertThat(outcome.err()).contains("hashtag-trends.v1 is the active version"));
                assertThat(cluster.kappa(
                                "replay", "retire", "hashtag-trends", "--version", "2", "--delete-output", "--yes"))
                        .isZero();
                assertThat(readers.faults())
                        .as("of %s answers", readers.answers())
                        .isEmpty();
            }
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(everything(cluster)).isEqualTo(before));
            assertThat(phases(cluster))
                    .containsExactly(
                            "v1: new, ACTIVE",
                            "v2: new, PLANNED",
                            "v2: PLANNED -> REPLAYING",
                            "v2: REPLAYING -> CAUGHT_UP",
                            "v1: ACTIVE -> STANDBY, v2: CAUGHT_UP -> ACTIVE",
                            "v1: STANDBY -> ACTIVE, v2: ACTIVE -> STANDBY",
                            "v2: STANDBY -> RETIRED",
                            "v2: RETIRED -> RETIRED");
            assertThat(cluster.run("check").exitCode()).isZero();
        }
    }

    /** Things that are named almost like what will be retired. */
    private static void plantNeighbours(LocalCluster cluster) throws Exception {
        List<String> neighbours = List.of(
                "hashtag-trends",
                "hashtag-trends-v2",
                "hashtag-trends.v20",
                "x.hashtag-trends.v2",
                "kappa.hashtag-trends.v20-counts-changelog",
                "kappa.hashtag-trends.v2-mine");
        try (Admin admin = cluster.admin();
                var registry = new HttpSchemaRegistry(AvroSerdeConfig.from(cluster.clientSettings()))) {
            for (String neighbour : neighbours) {
                new TopicCreator(admin).create(neighbour, 1, Optional.empty(), Map.of());
                registry.register(neighbour + "-value", Schema.create(Schema.Type.STRING));
            }
            for (String group : List.of("kappa.hashtag-trends.v20", "kappa.hashtag-trends", "hashtag-trends.v2")) {
                admin.alterConsumerGroupOffsets(
                                group, Map.of(new TopicPartition("hashtag-trends", 0), new OffsetAndMetadata(0)))
                        .all()
                        .get();
            }
        }
        Files.createDirectories(cluster.stateDir().resolve("kappa.hashtag-trends.v20"));
        Files.writeString(cluster.stateDir().resolve("kappa.hashtag-trends.v2.mine"), "mine");
    }

    private static List<String> phases(LocalCluster cluster) throws Exception {
        var phases = new ArrayList<String>();
        for (JsonNode change : cluster.run("replay", "history", "hashtag-trends", "--output", "json")
                .json()) {
            var steps = new TreeSet<String>();
            change.path("steps").forEach(step -> {
                JsonNode was = step.path("before");
                steps.add("v" + step.path("version").asInt() + ": "
                        + (was.isNull() ? "new, " : was.asText() + " -> ")
                        + step.path("after").asText());
            });
            phases.add(String.join(", ", steps));
        }
        return phases;
    }

    private static Everything everything(LocalCluster cluster) throws Exception {
        Set<String> state;
        try (Stream<Path> files = Files.list(cluster.stateDir())) {
            state = files.map(file -> String.valueOf(file.getFileName()))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
        try (Admin admin = cluster.admin();
                HttpClient http = HttpClient.newHttpClient()) {
            String subjects = http.send(
                            HttpRequest.newBuilder(URI.create(cluster.registry() + "/apis/ccompat/v7/subjects"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
            var names = new TreeSet<String>();
            JSON.readTree(subjects).forEach(subject -> names.add(subject.asText()));
            return new Everything(
                    new TreeSet<>(admin.listTopics().names().get()),
                    admin.listGroups().all().get().stream()
                            .map(GroupListing::groupId)
                            .collect(Collectors.toCollection(TreeSet::new)),
                    names,
                    state);
        }
    }

    /** Posts of now, a few all the time. */
    private static final class LivePosts {

        private final Thread thread;
        private volatile boolean stopping;

        LivePosts(LocalCluster cluster, Posts posts, Path directory) {
            this.thread = Thread.ofPlatform().daemon().start(() -> {
                for (int i = 0; !stopping; i++) {
                    Instant now = Instant.ofEpochMilli(System.currentTimeMillis());
                    var some = new ArrayList<Posts.Post>();
                    for (int j = 0; j < 20; j++) {
                        some.add(new Posts.Post("live-" + i + "-" + j, "live tag" + j % 7, now));
                    }
                    try {
                        posts.load(cluster, directory.resolve("live.csv"), some);
                        Thread.sleep(Duration.ofMillis(300));
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                }
            });
        }

        void stop() throws InterruptedException {
            stopping = true;
            thread.join();
        }
    }
}
