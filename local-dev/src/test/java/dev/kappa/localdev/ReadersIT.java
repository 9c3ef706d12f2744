package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kappa.localdev.fixtures.Following;
import dev.kappa.localdev.fixtures.Listening;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.localdev.fixtures.Posts;
import dev.kappa.localdev.fixtures.Published;
import dev.kappa.reprocessing.reader.ViewReader;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Readers of the results in Kafka, across a switch and a rollback: all end with the state of the active version. */
class ReadersIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String VIEW = "hashtag-trends";
    private static final String CHANGES = "/api/v1/views/" + VIEW + "/changes";

    @Test
    @Tag("soak")
    void everyKindOfReaderFollowsTheActiveVersion(@TempDir Path directory) throws Exception {
        try (var cluster = new LocalCluster(directory, "hashtag-trends").startBrokerAndRegistry()) {
            cluster.startApp(Map.of(VIEW + ".publish", "true"));
            var posts = new Posts();
            posts.loadHistory(cluster, directory, 5_000);
            try (var rebuilding = new Following(cluster.clientSettings(), VIEW, ViewReader.Policy.FROM_START);
                    var continuing = new Following(cluster.clientSettings(), VIEW, ViewReader.Policy.CONTINUE);
                    var plain = new Published(cluster.clientSettings(), VIEW);
                    var another = cluster.startAnotherApp(Map.of(VIEW + ".publish", "true"));
                    var listening =
                            new Listening(() -> List.of(cluster.appUri(CHANGES), another.uri(CHANGES)), "count", 500)) {
                awaitSame(cluster, expected(posts, Duration.ofHours(1)), "v1", rebuilding, plain);
                awaitHeard(listening, expected(posts, Duration.ofHours(1)));
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(continuing.state).isEqualTo(output(cluster, VIEW + ".v1")));

                assertThat(cluster.kappa("replay", "start", VIEW, "--set", "window=PT10M", "--watch"))
                        .isZero();
                assertThat(cluster.kappa("replay", "switch", VIEW)).isZero();
                awaitSame(cluster, expected(posts, Duration.ofMinutes(10)), "v2", rebuilding, plain);
                awaitHeard(listening, expected(posts, Duration.ofMinutes(10)));

                load(cluster, posts, directory, "2026-03-01T10:05:00Z");
                awaitSame(cluster, expected(posts, Duration.ofMinutes(10)), "v2", rebuilding, plain);
                awaitHeard(listening, expected(posts, Duration.ofMinutes(10)));
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(continuing.fresh)
                                .anySatisfy(result -> assertThat(result).contains("v2", "2026-03-01T10:00:00Z")));
                assertThat(continuing.repeats)
                        .as("what was passed may come again, marked")
                        .isNotEmpty();

                // The app dies while the published topic goes back to the first version.
                assertThat(cluster.kappa("replay", "rollback", VIEW)).isZero();
                cluster.app().kill();
                cluster.startApp(Map.of(VIEW + ".publish", "true"));
                awaitSame(cluster, expected(posts, Duration.ofHours(1)), "v1", rebuilding, plain);
                awaitHeard(listening, expected(posts, Duration.ofHours(1)));

                assertThat(listening.switches).containsExactly("v1 -> v2", "v2 -> v1");
                assertThat(listening.faults).isEmpty();
                assertThat(listening.connections).hasValueGreaterThan(5);
                assertThat(rebuilding.switches).containsExactly("v1 -> v2", "v2 -> v1");
                assertThat(continuing.switches).containsExactly("v1 -> v2", "v2 -> v1");
                assertThat(rebuilding.failures).isEmpty();
                assertThat(continuing.failures).isEmpty();
            }
            assertToldOfASwitchAfterTheOldOutputIsGone(cluster);
        }
    }

    /** The broker deletes the offsets of a group with the topic that they are of. */
    private static void assertToldOfASwitchAfterTheOldOutputIsGone(LocalCluster cluster) {
        var told = new ArrayList<ViewReader.Switched>();
        Map<String, Object> settings = cluster.clientSettings();
        try (var keys = Published.deserializer(settings, true);
                var values = Published.deserializer(settings, false);
                var reader = ViewReader.open(
                        settings, "", VIEW, "slow", ViewReader.Policy.FROM_START, keys, values, told::add)) {
            await().pollInSameThread()
                    .atMost(PATIENCE)
                    .until(() -> !reader.poll(Duration.ofMillis(100)).isEmpty());
            // Refused until an instance runs the version.
            await().atMost(PATIENCE).until(() -> cluster.kappa("replay", "switch", VIEW) == 0);
            assertThat(cluster.kappa("replay", "retire", VIEW, "--version", "1", "--delete-output", "--yes"))
                    .isZero();
            await().pollInSameThread()
                    .atMost(PATIENCE)
                    .until(() -> reader.poll(Duration.ofMillis(100)).stream()
                            .anyMatch(result -> result.version().number() == 2));
        }
        assertThat(told).hasSize(1).first().satisfies(event -> {
            assertThat(event.before().number()).isEqualTo(1);
            assertThat(event.after().number()).isEqualTo(2);
        });
    }

    /** What it has kept stays, and reading continues in the middle. */
    @Test
    @Tag("soak")
    void readerThatIsStartedAgainAfterASwitchIsNotToldOfItOnceMore(@TempDir Path directory) throws Exception {
        try (var cluster = new LocalCluster(directory, "hashtag-trends").startBrokerAndRegistry()) {
            cluster.launchApp(Map.of(), "-Dkappa.pool.include=hashtag-trends");
            cluster.awaitApp();
            var posts = new Posts();
            posts.loadHistory(cluster, directory, 1_000);
            var kept = new ConcurrentHashMap<String, Long>();
            try (var reader = new Following(cluster.clientSettings(), VIEW, ViewReader.Policy.FROM_START, kept)) {
                awaitState(reader, expected(posts, Duration.ofHours(1)));
                assertThat(cluster.kappa("replay", "start", VIEW, "--set", "window=PT10M", "--watch"))
                        .isZero();
                assertThat(cluster.kappa("replay", "switch", VIEW)).isZero();
                awaitState(reader, expected(posts, Duration.ofMinutes(10)));
                assertThat(reader.switches).containsExactly("v1 -> v2");
            }
            load(cluster, posts, directory, "2026-03-01T10:05:00Z");
            try (var again = new Following(cluster.clientSettings(), VIEW, ViewReader.Policy.FROM_START, kept)) {
                awaitState(again, expected(posts, Duration.ofMinutes(10)));
                assertThat(again.switches).isEmpty();
                assertThat(again.failures).isEmpty();
            }
        }
    }

    private static void awaitState(Following reader, Map<String, Long> expected) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(reader.state).isEqualTo(expected));
    }

    private static Map<String, Long> expected(Posts posts, Duration window) {
        Map<String, Long> counts = new TreeMap<>();
        posts.counts(window).forEach((key, count) -> {
            Instant start = Instant.parse(key.substring(key.lastIndexOf('@') + 1));
            counts.put(key + "/" + start.plus(window), count);
        });
        return counts;
    }

    private static void load(LocalCluster cluster, Posts posts, Path directory, String at) throws Exception {
        var some = new ArrayList<Posts.Post>();
        for (int i = 0; i < 100; i++) {
            some.add(new Posts.Post("late-" + i, "spring tag" + i % 9, Instant.parse(at)));
        }
        posts.load(cluster, directory.resolve("more.csv"), some);
    }

    /** The newest value of each key is what the oracle says, in the version's output, at the reader and at the consumer. */
    private static void awaitSame(
            LocalCluster cluster, Map<String, Long> expected, String version, Following reader, Published plain) {
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(output(cluster, VIEW + "." + version)).isEqualTo(expected));
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(reader.state).isEqualTo(expected));
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(plain.state()).isEqualTo(expected));
    }

    private static void awaitHeard(Listening listening, Map<String, Long> expected) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(listening.state)
                        .as(
                                "after %d changes over %d connections; faults: %s",
                                listening.changes.get(), listening.connections.get(), listening.faults)
                        .isEqualTo(expected));
    }

    private static Map<String, Long> output(LocalCluster cluster, String topic) {
        try (var consumer = new Published(cluster.clientSettings(), topic)) {
            return consumer.state();
        }
    }
}
