package dev.kappa.app.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.reprocessing.catalog.Definitions;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * The document of the HTTP interface is the one in {@code openapi.json}. A change of that file is a change of the interface that
 * clients have to follow: a parameter or a path that is gone breaks them. Written anew with {@code -Dkappa.golden=write}.
 */
class OpenApiTest {

    private static final Path GOLDEN = Path.of("src", "test", "resources", "openapi.json");

    @Test
    void interfaceIsTheOneThatWasReviewed() throws Exception {
        String document = OpenApi.of(Definitions.discover().all()).toPrettyString() + "\n";
        if ("write".equals(System.getProperty("kappa.golden"))) {
            Files.writeString(GOLDEN, document);
            return;
        }
        assertThat(document)
                .as("mvn -B -pl app -am test -Dtest=OpenApiTest -Dsurefire.failIfNoSpecifiedTests=false"
                        + " -Dkappa.golden=write writes it anew")
                .isEqualTo(Files.readString(GOLDEN));
    }
}
