package dev.kappa.reprocessing.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.avro.InMemorySchemaRegistry;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Catalogs as released versions have written them, byte by byte, with the schemas of their registry: every later version reads them. Never
 * change a file; add one for each release that writes records of another form.
 */
class ReleasedCatalogTest {

    private static final String TOPIC = "kappa.catalog";

    @ParameterizedTest
    @ValueSource(strings = "0.1.0")
    void catalogOfAReleaseIsRead(String release) throws IOException {
        JsonNode released = read("/released/" + release + "/catalog.json");
        try (var registry = new InMemorySchemaRegistry();
                var codec = new CatalogCodec(TOPIC, new KafkaSettings(Map.of()), registry)) {
            register(registry, released.path("schemas"));
            var content = new CatalogContent(TOPIC, codec);
            long offset = 0;
            for (JsonNode entry : released.path("records")) {
                byte[] key = entry.path("key").asText().getBytes(StandardCharsets.UTF_8);
                byte[] value = entry.path("value").isNull()
                        ? null
                        : Base64.getDecoder().decode(entry.path("value").asText());
                content.apply(new ConsumerRecord<>(TOPIC, 0, offset++, key, value));
            }

            Catalog catalog = content.catalog();
            assertThat(catalog.unreadable()).isEmpty();
            assertThat(catalog.breaks()).isEmpty();
            Map<String, String> phases = catalog.views().stream()
                    .flatMap(view -> catalog.versions(view).stream())
                    .collect(Collectors.toMap(
                            version -> version.id().toString(),
                            version -> version.phase().name()));
            assertThat(phases)
                    .containsEntry("hashtag-trends.v1", "RETIRED")
                    .containsEntry("hashtag-trends.v2", "ACTIVE")
                    .containsEntry("hashtag-trends.v3", "ABORTED")
                    .containsEntry("fraud-alerts.v1", "ACTIVE");
            ViewVersion active = catalog.active("hashtag-trends").orElseThrow();
            assertThat(active.blueprint().values()).containsEntry("window", "PT30M");
            assertThat(active.blueprint().stores()).isNotEmpty();
            assertThat(active.origin()).isPresent();
            assertThat(catalog.changes("hashtag-trends", 0))
                    .extracting(CatalogChange::command)
                    .anyMatch(command -> command.startsWith("replay switch"))
                    .anyMatch(command -> command.startsWith("replay retire"));
        }
    }

    private static JsonNode read(String name) {
        try (InputStream file = ReleasedCatalogTest.class.getResourceAsStream(name)) {
            return new ObjectMapper().readTree(Objects.requireNonNull(file, name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Under the ids that the records name. */
    private static void register(InMemorySchemaRegistry registry, JsonNode schemas) {
        int last = 0;
        for (var schema : schemas.properties()) {
            int id = Integer.parseInt(schema.getKey());
            for (int other = last + 1; other < id; other++) {
                registry.register("other-" + other, Schema.createFixed("Other" + other, null, null, other));
            }
            assertThat(registry.register(
                            "catalog-" + id,
                            new Schema.Parser().parse(schema.getValue().asText())))
                    .isEqualTo(id);
            last = id;
        }
    }
}
