package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.localdev.fixtures.LocalCluster;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Instances whose clocks are ten minutes ahead of the broker's and ten minutes behind it are one fleet, and count alike. */
@Tag("soak")
class ClocksIT {

    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final int POSTS = 200;
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path directory = Path.of("");

    /** The library that changes the clock of a process, where it is installed. */
    private static Optional<Path> library() throws IOException {
        try (Stream<Path> directories = Files.list(Path.of("/usr/lib"))) {
            return directories
                    .map(architecture -> architecture.resolve("faketime").resolve("libfaketime.so.1"))
                    .filter(Files::exists)
                    .findFirst();
        }
    }

    @Test
    @Handles(
            input = "clocks of two instances that are ten minutes ahead of the broker's and ten minutes behind it",
            outcome = "one fleet: all count, a replay catches up, a switch waits for both")
    void instancesWithOtherClocksAreOneFleet() throws Exception {
        Optional<Path> library = library();
        assumeTrue(library.isPresent(), "libfaketime is not installed (Debian: libfaketime)");
        try (var cluster = new LocalCluster(directory, "hashtag-trends").startBrokerAndRegistry()) {
            URI ahead = cluster.startAppWithClock(library.get(), "+10m", "hashtag-trends");
            URI behind = cluster.startAppWithClock(library.get(), "-10m", "hashtag-trends");
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
