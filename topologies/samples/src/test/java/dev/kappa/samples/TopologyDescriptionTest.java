package dev.kappa.samples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.Views;
import dev.kappa.topologies.kit.ViewTestDriver;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The topology of every view beside the one a person has looked at, in {@code src/test/resources/topology}. Where a
 * change is meant, run the tests with {@code -Dkappa.golden=write} and review what that changed: a running version keeps
 * its old topology, so the revision of the view has to go up.
 */
class TopologyDescriptionTest {

    private static final Path GOLDEN = Path.of("src/test/resources/topology");

    static Iterable<ViewDefinition> views() {
        return Views.discover();
    }

    @ParameterizedTest
    @MethodSource("views")
    void topologyIsAsReviewed(ViewDefinition view) throws IOException {
        String actual = description(view);
        Path file = GOLDEN.resolve(view.name() + ".txt");
        if ("write".equals(System.getProperty("kappa.golden"))) {
            Files.writeString(file, actual);
        }
        assertThat(actual).isEqualTo(Files.readString(file, StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @MethodSource("views")
    void everyNodeAndStoreIsNamed(ViewDefinition view) {
        assertThat(description(view)).doesNotContainPattern("[A-Z]+-[A-Z-]+-\\d{10}");
    }

    private static String description(ViewDefinition view) {
        return ViewTestDriver.topology(view, Map.of(), ViewTestDriver.serdes())
                .describe()
                .toString();
    }
}
