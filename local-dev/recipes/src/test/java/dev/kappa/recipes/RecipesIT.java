package dev.kappa.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.localdev.fixtures.Posts;
import dev.kappa.localdev.process.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** The recipes of {@code docs/recipes.md}, with the snippets of that page and the real parts. */
class RecipesIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Path HOME = Path.of(System.getProperty("kappa.home", "../.."));
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration TEN_MINUTES = Duration.ofMinutes(10);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory = Path.of("");

    @Test
    void tableEqualsTheActiveVersionThroughASwitchAndARollback() throws Exception {
        Optional<Path> programs = Postgres.programs();
        assumeTrue(programs.isPresent(), "PostgreSQL is not installed (Debian: postgresql)");
        var posts = new Posts();
        try (var cluster = new LocalCluster(directory.resolve("kappa")).startBrokerAndRegistry();
                var postgres = new Postgres(programs.get())) {
            var snippets = new Snippets(HOME, cluster.kafka(), cluster.registry(), postgres.port());
            startPublishing(cluster, snippets);
            load(cluster, posts, 0);
            try (var connect = ConnectWorker.start(
                    HOME,
                    directory.resolve("connect"),
                    cluster.kafka(),
                    List.of(snippets.of("properties", "JdbcSinkConnector")))) {
                ThrowingRunnable hours = () -> assertThat(rows(postgres)).isEqualTo(posts.counts(HOUR));
                ThrowingRunnable tens = () -> assertThat(rows(postgres)).isEqualTo(posts.counts(TEN_MINUTES));
                awaited(connect, hours);

                assertThat(cluster.kappa("replay", "start", "hashtag-trends", "--set", "window=PT10M", "--watch"))
                        .isZero();
                assertThat(cluster.kappa("replay", "switch", "hashtag-trends")).isZero();
                awaited(connect, tens);
                load(cluster, posts, 100);
                awaited(connect, tens);

                assertThat(cluster.kappa("replay", "rollback", "hashtag-trends"))
                        .isZero();
                awaited(connect, hours);
            }
        }
    }

    private static void startPublishing(LocalCluster cluster, Snippets snippets) throws Exception {
        String[] setting = snippets.of("properties", "publish=true").strip().split("=", 2);
        cluster.startApp(Map.of(setting[0].replace("kappa.views.", ""), setting[1]));
    }

    private void load(LocalCluster cluster, Posts posts, int first) throws IOException {
        var some = new ArrayList<Posts.Post>();
        Instant start = Instant.parse("2026-01-01T00:00:00Z");
        for (int i = first; i < first + 100; i++) {
            some.add(new Posts.Post("p" + i, "#a #tag" + i % 7, start.plusSeconds(60L * i)));
        }
        posts.load(cluster, directory.resolve("posts-" + first + ".csv"), some);
    }

    /** As the oracle has them. */
    private static Map<String, Long> rows(Postgres postgres) throws Exception {
        return postgres.numbers(
                "SELECT \"key\" || '@' || to_char(\"start\", 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), \"count\" FROM hashtag_trends");
    }

    /** Waits while the process lives. */
    private static void awaited(ChildProcess process, ThrowingRunnable assertion) {
        try {
            await().atMost(PATIENCE)
                    .ignoreExceptions()
                    .failFast("The process has ended", () -> !process.isAlive())
                    .untilAsserted(assertion);
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(process.lastWords(), e);
        }
    }

    @Test
    void capturedTableIsATableInput() throws Exception {
        Optional<Path> programs = Postgres.programs();
        assumeTrue(programs.isPresent(), "PostgreSQL is not installed (Debian: postgresql)");
        try (var cluster = new LocalCluster(directory.resolve("kappa")).startBrokerAndRegistry();
                var postgres = new Postgres(programs.get())) {
            var snippets = new Snippets(HOME, cluster.kafka(), cluster.registry(), postgres.port());
            postgres.execute(snippets.of("sql", "CREATE TABLE"));
            postgres.execute("INSERT INTO campaigns VALUES ('ad-1', 'spring'), ('ad-2', 'summer')");
            cluster.startApp(Map.of("campaign-views.window", "PT10S"));
            try (var connect = ConnectWorker.start(
                    HOME,
                    directory.resolve("connect"),
                    cluster.kafka(),
                    List.of(snippets.of("properties", "PostgresConnector")))) {
                Instant at = Instant.parse("2026-01-01T00:00:00Z");
                // Events of the next seconds, until those of a campaign are counted: the capture has begun.
                awaitCounted(cluster, connect, "ad-1", "spring", at);
                awaitCounted(cluster, connect, "ad-2", "summer", at.plusSeconds(3600));
                postgres.execute("UPDATE campaigns SET \"campaignId\" = 'autumn' WHERE \"adId\" = 'ad-1'");
                awaitCounted(cluster, connect, "ad-1", "autumn", at.plusSeconds(7200));
                postgres.execute("DELETE FROM campaigns WHERE \"adId\" = 'ad-2'");
                postgres.execute("INSERT INTO campaigns VALUES ('ad-3', 'winter')");
                // In one partition or not: the deletion was captured before the insert.
                awaitCounted(cluster, connect, "ad-3", "winter", at.plusSeconds(10_800));
                long before = counted(cluster, "summer");
                view(cluster, "ad-2", at.plusSeconds(10_900));
                awaitCounted(cluster, connect, "ad-3", "winter", at.plusSeconds(14_400));
                assertThat(counted(cluster, "summer")).isEqualTo(before);
                assertThat(cluster.run("dlq", "list", "campaign-views").out()).contains("0 letters");
            }
        }
    }

    private void view(LocalCluster cluster, String ad, Instant at) throws IOException {
        Path file = Files.writeString(
                directory.resolve("event.jsonl"),
                "{\"userId\":\"u\",\"pageId\":\"p\",\"adId\":\"%s\",\"adType\":\"banner\",\"eventType\":\"view\",\"at\":\"%s\"}%n"
                        .formatted(ad, at));
        assertThat(cluster.run("load", "ad-events", file.toString()))
                .satisfies(outcome ->
                        assertThat(outcome.exitCode()).as(outcome.err()).isZero());
    }

    /** Views of an advertisement, one after the other, until one is counted for the campaign. */
    private void awaitCounted(LocalCluster cluster, ChildProcess connect, String ad, String campaign, Instant from) {
        long[] second = {0};
        awaited(connect, () -> {
            view(cluster, ad, from.plusSeconds(second[0]++));
            assertThat(counted(cluster, campaign)).isPositive();
        });
    }

    private static long counted(LocalCluster cluster, String campaign) throws Exception {
        return cluster.json("/api/v1/views/campaign-views/stores/counts/windows/" + campaign)
                .path("windows")
                .valueStream()
                .mapToLong(window -> window.path("value").path("count").asLong())
                .sum();
    }

    @Test
    void consumerInJavaScriptFollowsASwitch() throws Exception {
        Path npm = directory.resolve("npm");
        assumeTrue(isInstalled("node") && isInstalled("npm"), "Node.js is not installed (Debian: nodejs, npm)");
        Files.createDirectories(npm);
        for (String file : List.of("package.json", "package-lock.json")) {
            Files.copy(HOME.resolve("local-dev/recipes/src/test/js").resolve(file), npm.resolve(file));
        }
        Process install = new ProcessBuilder("npm", "ci", "--no-audit", "--no-fund")
                .directory(npm.toFile())
                .redirectErrorStream(true)
                .redirectOutput(npm.resolve("npm.log").toFile())
                .start();
        assumeTrue(install.waitFor() == 0, "npm ci failed: " + Files.readString(npm.resolve("npm.log")));
        var posts = new Posts();
        try (var cluster = new LocalCluster(directory.resolve("kappa")).startBrokerAndRegistry()) {
            var snippets = new Snippets(HOME, cluster.kafka(), cluster.registry(), 0);
            startPublishing(cluster, snippets);
            load(cluster, posts, 0);
            Path results = directory.resolve("results.json");
            Path script =
                    Files.writeString(npm.resolve("follow.js"), snippets.of("js", "kafkajs") + """
                    const fs = require('fs');
                    setInterval(() => {
                      fs.writeFileSync('%1$s.new', JSON.stringify(Object.fromEntries(results)));
                      fs.renameSync('%1$s.new', '%1$s');
                    }, 200);
                    """.formatted(results));
            Path log = npm.resolve("log");
            try (ChildProcess node = ChildProcess.start(
                    "The consumer", List.of("/usr/bin/env", "node", script.toString()), Optional.of(log))) {
                awaited(node, () -> assertThat(read(results)).isEqualTo(posts.counts(HOUR)));
                assertThat(cluster.kappa("replay", "start", "hashtag-trends", "--set", "window=PT10M", "--watch"))
                        .isZero();
                assertThat(cluster.kappa("replay", "switch", "hashtag-trends")).isZero();
                awaited(node, () -> assertThat(read(results)).isEqualTo(posts.counts(TEN_MINUTES)));
                assertThat(cluster.kappa("replay", "rollback", "hashtag-trends"))
                        .isZero();
                awaited(node, () -> assertThat(read(results)).isEqualTo(posts.counts(HOUR)));
            }
        }
    }

    private static boolean isInstalled(String program) {
        try {
            return new ProcessBuilder(program, "--version")
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException missing) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** As the oracle has them. */
    private static Map<String, Long> read(Path results) throws IOException {
        var json = new ObjectMapper();
        var read = new TreeMap<String, Long>();
        for (Map.Entry<String, JsonNode> result :
                json.readTree(results.toFile()).properties()) {
            JsonNode key = json.readTree(result.getKey());
            read.put(
                    key.path("key").asText() + "@"
                            + Instant.ofEpochMilli(key.path("start").asLong()),
                    result.getValue().asLong());
        }
        return read;
    }
}
