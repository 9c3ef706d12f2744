package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.localdev.fixtures.LocalCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A state directory that was copied, as a clone of a volume is. */
class CopiedStateIT {

    @Test
    @Handles(
            input = "a copy of a state directory while its instance runs",
            outcome = "the second instance refuses to start with the reason; the first is not disturbed")
    void secondInstanceOnACopyRefusesToStart(@TempDir Path directory) throws Exception {
        try (var cluster = new LocalCluster(directory).startBrokerAndRegistry()) {
            cluster.startApp(Map.of());
            Path copy = directory.resolve("copy");
            Files.createDirectories(copy);
            try (Stream<Path> files = Files.walk(cluster.stateDir())) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Path to = copy.resolve(cluster.stateDir().relativize(file).toString());
                    Files.createDirectories(to.getParent());
                    Files.copy(file, to);
                }
            }

            var outcome =
                    cluster.runInProcess(List.of("-Xmx512m"), "run", "--port", "0", "--state-dir", copy.toString());

            assertThat(outcome.exitCode()).as(outcome.out()).isEqualTo(1);
            assertThat(outcome.out() + outcome.err())
                    .contains("is a copy of the one that the running instance at 127.0.0.1:");
            cluster.json("/api/v1/views")
                    .path("views")
                    .forEach(view -> assertThat(view.path("state").asText()).isEqualTo("RUNNING"));
        }
    }
}
