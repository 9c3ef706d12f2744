package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.localdev.fixtures.FakeTime;
import dev.kappa.localdev.fixtures.LocalCluster;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Instances whose clocks are wrong, or are set. */
@Tag("soak")
class ClocksIT {

    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final int POSTS = 200;
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path directory = Path.of("");

    private static Path library() throws IOException {
        Optional<Path> library = FakeTime.library();
        assumeTrue(library.isPresent(), "libfaketime is not installed (Debian: libfaketime)");
        return library.orElseThrow();
    }

    @Test
    @Handles(
            input = "clocks of two instances that are ten minutes ahead of the broker's and ten minutes behind it",
            outcome = "one fleet: all count, a replay catches up, a switch waits for both")
    void instancesWithOtherClocksAreOneFleet() throws Exception {
        Path library = library();
        try (var cluster = new LocalCluster(directory, "hashtag-trends").startBrokerAndRegistry()) {
            URI ahead = cluster.startAppWithClock(FakeTime.entry(library, "FAKETIME=+10m"), "hashtag-trends");
            URI behind = cluster.startAppWithClock(FakeTime.entry(library, "FAKETIME=-10m"), "hashtag-trends");
            var lines = new ArrayList<String>();
            for (int i = 0; i < POSTS; i++) {
                lines.add("{\"postId\":\"p%d\",\"hashtags\":[\"a\"],\"createdAt\":\"%s\"}".formatted(i, Instant.now()));
            }
            Path file = Files.write(directory.resolve("posts.jsonl"), lines);
            assertThat(cluster.kappa("load", "posts", file.toString())).isZero();
            for (URI instance : List.of(ahead, behind)) {
                await().atMost(PATIENCE)
                        .ignoreExceptions()
                        .untilAsserted(() -> assertThat(total(instance)).isEqualTo(POSTS));
            }
            // Both have reported, and neither counts as gone.
            assertThat(cluster.run("replay", "start", "hashtag-trends", "--set", "window=PT10M", "--watch")
                            .exitCode())
                    .isZero();
            LocalCluster.Outcome switched = cluster.run("replay", "switch", "hashtag-trends");
            assertThat(switched.exitCode()).as(switched.err()).isZero();
            assertThat(switched.out()).contains("2 instances");
            for (URI instance : List.of(ahead, behind)) {
                await().atMost(PATIENCE)
                        .ignoreExceptions()
                        .untilAsserted(() -> assertThat(total(instance)).isEqualTo(POSTS));
            }
            assertThat(cluster.run("dlq", "list", "hashtag-trends").out()).contains("0 letters");
        }
    }

    @Test
    @Handles(
            input = "the clock of an instance is set back by ten minutes",
            outcome =
                    "`/health/liveness` is `DOWN`, so that Kubernetes restarts the instance: its Kafka clients do nothing until the clock has caught up")
    void instanceWhoseClockIsSetBackIsNotAlive() throws Exception {
        Path clock = directory.resolve("clock");
        FakeTime.set(clock, Duration.ofMinutes(10));
        List<String> entry = FakeTime.entryWithClockFile(library(), clock);
        try (var cluster = new LocalCluster(directory, "hashtag-trends").startBrokerAndRegistry()) {
            URI liveness = cluster.startAppWithClock(entry, "hashtag-trends").resolve("/health/liveness");
            FakeTime.set(clock, Duration.ZERO);
            await().atMost(PATIENCE).until(() -> status(liveness) == 503);
        }
    }

    private static int status(URI uri) throws IOException {
        return ((HttpURLConnection) uri.toURL().openConnection()).getResponseCode();
    }

    private static long total(URI instance) throws IOException {
        URI windows = instance.resolve("/api/v1/views/hashtag-trends/stores/counts/windows/a");
        try (InputStream answer = windows.toURL().openStream()) {
            return JSON.readTree(answer)
                    .path("windows")
                    .valueStream()
                    .mapToLong(window -> window.path("value").path("count").asLong())
                    .sum();
        }
    }
}
