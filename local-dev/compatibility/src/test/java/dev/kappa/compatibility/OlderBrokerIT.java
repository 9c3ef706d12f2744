package dev.kappa.compatibility;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.localdev.fixtures.Posts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** The whole life of a view on a broker of another release, {@code -Dbroker.version}, whose server runs in a process of its own. */
class OlderBrokerIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Path HOME = Path.of(System.getProperty("kappa.home", "../.."));
    private static final String VERSION = System.getProperty("broker.version", "");

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory = Path.of("");

    @Test
    void viewIsLoadedReplayedComparedSwitchedRolledBackAndRetired() throws Exception {
        var posts = new Posts();
        try (var cluster = new LocalCluster(directory)) {
            cluster.startRegistry();
            cluster.startBroker(HOME.resolve("local-dev/compatibility/broker/target/lib-" + VERSION) + "/*");
            cluster.startApp(Map.of("hashtag-trends.publish", "true"));
            posts.loadHistory(cluster, directory, 1_000);
            awaitCounts(cluster, posts, 1, Duration.ofHours(1));

            assertThat(cluster.run("replay", "start", "hashtag-trends", "--set", "window=PT10M", "--watch"))
                    .satisfies(outcome ->
                            assertThat(outcome.exitCode()).as(outcome.err()).isZero());
            awaitCounts(cluster, posts, 2, Duration.ofMinutes(10));
            assertThat(cluster.run("replay", "diff", "hashtag-trends", "--output", "json")
                            .json()
                            .path("onlyNew")
                            .asInt())
                    .isPositive();
            assertThat(cluster.kappa("replay", "switch", "hashtag-trends")).isZero();

            // Uncommitted records are read again, and counted once.
            cluster.app().kill();
            cluster.startApp(Map.of("hashtag-trends.publish", "true"));
            awaitCounts(cluster, posts, 2, Duration.ofMinutes(10));
            assertThat(cluster.kappa("replay", "rollback", "hashtag-trends")).isZero();
            awaitCounts(cluster, posts, 1, Duration.ofHours(1));
            assertThat(cluster.kappa(
                            "replay", "retire", "hashtag-trends", "--version", "2", "--delete-output", "--yes"))
                    .isZero();
            assertThat(cluster.run("status").out()).doesNotContain("FAILED");
            assertThat(cluster.run("check").exitCode()).isZero();
        }
    }

    private static void awaitCounts(LocalCluster cluster, Posts posts, int version, Duration window) {
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .untilAsserted(
                        () -> assertThat(Posts.answered(cluster, version)).isEqualTo(posts.counts(window)));
    }
}
