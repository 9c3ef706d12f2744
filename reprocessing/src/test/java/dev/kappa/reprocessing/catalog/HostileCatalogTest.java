package dev.kappa.reprocessing.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.avro.InMemorySchemaRegistry;
import dev.kappa.reprocessing.RandomBytes;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.replay.ReplayJson;
import dev.kappa.topologies.Views;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Random records in the catalog's topic, among those of a writer: none stops a reader, and the writer's changes count. */
class HostileCatalogTest {

    private static final int RECORDS = 1_000_000;
    private static final int OWN_EVERY = 1_000;
    private static final String TOPIC = "kappa.catalog";

    private static final List<String> KEYS = List.of(
            "trends.v1",
            "trends.v2",
            "trends.v999999999",
            "trends.v0",
            "trends@1",
            "trends@999999999999999999",
            "trends@9999999999999999999",
            "alerts.v1",
            "alerts@2",
            "@",
            "@1",
            ".v1",
            "",
            "\u0000.v1",
            "x".repeat(10_000) + "@7");

    private final Random random = new Random(Long.getLong("kappa.seed", 20_241_130));
    private final Blueprint blueprint = Blueprint.of(Views.discover().getFirst(), Map.of());
    private final VersionId own = new VersionId("own", 1);
    private long offset;

    @Test
    @Timeout(120)
    void randomRecordsStopNothing() {
        try (var registry = new InMemorySchemaRegistry();
                var codec = new CatalogCodec(TOPIC, new KafkaSettings(Map.of()), registry)) {
            var content = new CatalogContent(TOPIC, codec);
            var version = new ViewVersion[] {
                Transition.first("own", blueprint, 1)
                        .apply(Catalog.EMPTY, 1, Instant.EPOCH)
                        .getFirst()
            };
            List<byte[]> bases = new ArrayList<>(
                    List.of(codec.encode(version[0]), codec.encode(change(5, Optional.of("x"))), new byte[0]));
            long changes = 0;
            for (int i = 0; i < RECORDS; i++) {
                if (i % OWN_EVERY == 0) {
                    changes++;
                    apply(content, own.toString(), codec.encode(version[0]));
                    CatalogChange change = change(content.catalog().epoch() + 1, content.lastChange());
                    apply(content, "own@" + change.epoch(), codec.encode(change));
                    bases.set(1, codec.encode(change));
                }
                apply(
                        content,
                        KEYS.get(random.nextInt(KEYS.size())),
                        RandomBytes.changed(bases.get(random.nextInt(bases.size())), random));
            }
            Catalog catalog = content.catalog();
            assertThat(catalog.version(own)).contains(version[0]);
            assertThat(catalog.unreadable()).doesNotContainKey("own");
            assertThat(catalog.changes("own", 0)).hasSize((int) changes);
            assertThat(catalog.breaks()).isNotEmpty().hasSizeLessThanOrEqualTo(101);
            catalog.changes().forEach(ReplayJson::change);
            for (String view : catalog.views()) {
                assertThat(catalog.nextNumber(view)).isPositive();
            }
        }
    }

    private void apply(CatalogContent content, String key, byte[] value) {
        content.apply(new ConsumerRecord<>(TOPIC, 0, offset++, key.getBytes(StandardCharsets.UTF_8), value));
    }

    private static CatalogChange change(long epoch, Optional<String> previous) {
        return new CatalogChange(
                "id-" + epoch,
                epoch,
                "own",
                Instant.EPOCH,
                new CatalogChange.Operator("op", "host"),
                "x",
                List.of(),
                previous);
    }
}
