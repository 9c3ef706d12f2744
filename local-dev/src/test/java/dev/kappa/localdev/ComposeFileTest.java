package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The compose file and what it mounts, as far as they can be checked without Docker. */
class ComposeFileTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path COMPOSE = Path.of("docker-compose.yml");

    @Test
    void imagesHaveTheVersionsOfTheBuild() throws Exception {
        Map<String, String> images = new TreeMap<>();
        yaml(COMPOSE)
                .path("services")
                .properties()
                .forEach(service -> images.put(
                        service.getKey(), service.getValue().path("image").asText()));
        assertThat(images)
                .containsEntry("kafka", "apache/kafka:" + System.getProperty("kafka.version"))
                .containsEntry("registry", "apicurio/apicurio-registry:" + System.getProperty("apicurio.version"))
                .containsKeys("app", "prometheus", "grafana");
        assertThat(images.values()).allSatisfy(image -> assertThat(image).contains(":"));
    }

    /** An instance that listens for others does not start unless it is said who may do what. */
    @Test
    void whoMayDoWhatIsSaid() throws Exception {
        JsonNode app = yaml(COMPOSE).path("services").path("app");
        assertThat(app.path("command").valueStream().map(JsonNode::asText)).contains("--host=0.0.0.0", "--samples");
        assertThat(app.path("environment").path("KAPPA_SECURITY_MODE").asText()).isEqualTo("none");
    }

    @Test
    void everythingThatIsMountedExists() throws Exception {
        for (JsonNode service : yaml(COMPOSE).path("services")) {
            for (JsonNode volume : service.path("volumes")) {
                String source = volume.asText().substring(0, volume.asText().indexOf(':'));
                if (source.startsWith("./")) {
                    assertThat(Path.of(source)).exists();
                } else {
                    assertThat(yaml(COMPOSE).path("volumes").has(source)).isTrue();
                }
            }
        }
    }

    @Test
    void portsAreOpenOnLoopbackOnly() throws Exception {
        for (JsonNode service : yaml(COMPOSE).path("services")) {
            assertThat(service.path("ports"))
                    .allSatisfy(port -> assertThat(port.asText()).startsWith("127.0.0.1:"));
        }
    }

    @Test
    void mountedFilesParse() throws Exception {
        try (Stream<Path> files = Files.walk(Path.of("compose"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                JsonNode content = file.toString().endsWith(".json") ? JSON.readTree(file.toFile()) : yaml(file);
                assertThat(content.isObject()).as("%s", file).isTrue();
            }
        }
    }

    private static JsonNode yaml(Path file) throws Exception {
        try (Reader reader = Files.newBufferedReader(file)) {
            return JSON.valueToTree(new Yaml(new SafeConstructor(new LoaderOptions())).load(reader));
        }
    }
}
