package dev.kappa.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.AvroSerializer;
import dev.kappa.avro.HttpSchemaRegistry;
import dev.kappa.events.Post;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.reprocessing.catalog.Blueprint;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.CatalogChange;
import dev.kappa.reprocessing.catalog.CatalogLog;
import dev.kappa.reprocessing.catalog.CatalogWriter;
import dev.kappa.reprocessing.catalog.Definitions;
import dev.kappa.reprocessing.catalog.Transition;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.cluster.TopicCreator;
import dev.kappa.reprocessing.cluster.TopicSettings;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.fleet.ReportSignatures;
import dev.kappa.reprocessing.replay.ReplaySettings;
import dev.kappa.reprocessing.replay.Replays;
import dev.kappa.reprocessing.replay.VersionChoice;
import dev.kappa.topologies.Views;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Measures switches, the catalog, and the effect of a replay on the live version. Prints FIGURE lines and asserts no time; no
 * build runs it by itself.
 */
class VersionFigures {

    private static final int SWITCHES = 50;
    private static final int CHANGES = 1_000;
    private static final int HISTORY = 400_000;
    private static final CatalogChange.Operator SELF = new CatalogChange.Operator("figures", "here");

    private static void print(String text, Object... arguments) {
        System.out.printf(Locale.ROOT, "FIGURE " + text + "%n", arguments);
    }

    private static long percentile(List<Long> values, double part) {
        List<Long> sorted = values.stream().sorted().toList();
        return sorted.get((int) Math.min(sorted.size() - 1.0, Math.floor(part * sorted.size())));
    }

    @Test
    void switchesAndCatalog(@TempDir Path directory) throws Exception {
        try (var cluster = new LocalCluster(directory).startBrokerAndRegistry()) {
            cluster.startApp(Map.of());
            LocalCluster.Another another = cluster.startAnotherApp(Map.of());
            try {
                assertThat(cluster.run("replay", "start", "hashtag-trends", "--watch")
                                .exitCode())
                        .isZero();
                switches(cluster);
                catalogSize(cluster);
            } finally {
                another.close();
            }
        }
    }

    private static void switches(LocalCluster cluster) {
        var kafka = new KafkaSettings(cluster.clientSettings());
        try (var registry = new HttpSchemaRegistry(AvroSerdeConfig.from(kafka.values()));
                var replays = new Replays(
                        kafka,
                        new ClusterNames(""),
                        registry,
                        Definitions.discover(),
                        new ReplaySettings(1000, 1, Optional.empty()),
                        InstantSource.system(),
                        ReportSignatures.NONE)) {
            var forth = new ArrayList<Long>();
            var back = new ArrayList<Long>();
            for (int i = 0; i < SWITCHES + 5; i++) {
                Catalog catalog = replays.catalog();
                Replays.Switched switched =
                        replays.switchTo(catalog, new VersionId("hashtag-trends", 2), false, SELF, "switch");
                catalog = replays.catalog();
                Replays.Switched rolledBack = replays.switchTo(
                        catalog, VersionChoice.previous(catalog, "hashtag-trends"), false, SELF, "rollback");
                assertThat(switched.instances()).hasSize(2);
                // The first few warm the JVM up.
                if (i >= 5) {
                    forth.add(switched.took().toMillis());
                    back.add(rolledBack.took().toMillis());
                }
            }
            print(
                    "switch until both instances have seen it: p50 %d ms, p99 %d ms",
                    percentile(forth, 0.5), percentile(forth, 0.99));
            print(
                    "rollback until both instances have seen it: p50 %d ms, p99 %d ms",
                    percentile(back, 0.5), percentile(back, 0.99));
        }
    }

    private static void catalogSize(LocalCluster cluster) throws Exception {
        var kafka = new KafkaSettings(cluster.clientSettings());
        var names = new ClusterNames("figures.");
        Blueprint blueprint = Blueprint.of(Views.discover().getFirst(), Map.of());
        try (Admin admin = kafka.admin();
                var registry = new HttpSchemaRegistry(AvroSerdeConfig.from(kafka.values()))) {
            new TopicCreator(admin).create(names.catalogTopic(), 1, Optional.empty(), TopicSettings.compacted());
            var writer = new CatalogWriter(kafka, names, registry, InstantSource.system());
            Catalog catalog = writer.change("trends", 0, SELF, "first", Transition.first("trends", blueprint, 1));
            long begun = System.nanoTime();
            while (catalog.epoch() < CHANGES) {
                Catalog seen = catalog;
                Transition next = seen.underWay("trends")
                        .map(version -> Transition.abort(version.id()))
                        .orElseGet(() -> Transition.plan(ViewVersion.planned(
                                new VersionId("trends", seen.nextNumber("trends")),
                                blueprint,
                                Optional.empty(),
                                1,
                                Optional.empty(),
                                Instant.now())));
                catalog = writer.change("trends", seen.epoch(), SELF, "change", next);
            }
            long perChange = Duration.ofNanos(System.nanoTime() - begun).toMillis() / CHANGES;
            long bytes = admin.describeLogDirs(List.of(1)).allDescriptions().get().values().stream()
                    .flatMap(directories -> directories.values().stream())
                    .flatMap(each -> each.replicaInfos().entrySet().stream())
                    .filter(replica -> replica.getKey().topic().equals(names.catalogTopic()))
                    .mapToLong(replica -> replica.getValue().size())
                    .sum();
            var loads = new ArrayList<Long>();
            for (int i = 0; i < 10; i++) {
                long load = System.nanoTime();
                try (var log = new CatalogLog(kafka, names, registry)) {
                    assertThat(log.readToEnd().epoch()).isEqualTo(CHANGES);
                }
                loads.add(Duration.ofNanos(System.nanoTime() - load).toMillis());
            }
            print(
                    "catalog after %d changes, %d versions, uncompacted: %d kB; loaded in %d ms (median of 10); %d ms a change",
                    CHANGES, catalog.versions().size(), bytes / 1000, percentile(loads, 0.5), perChange);
        }
    }

    @Test
    void freshnessOfTheLiveVersionDuringAReplay(@TempDir Path directory) throws Exception {
        try (var cluster = new LocalCluster(directory).startBrokerAndRegistry()) {
            cluster.startApp(Map.of());
            Map<String, Object> settings = new HashMap<>(cluster.clientSettings());
            settings.put("linger.ms", 5);
            var values = new AvroSerializer<Post>();
            values.configure(settings, false);
            try (var producer = new KafkaProducer<>(settings, new StringSerializer(), values)) {
                Instant then = Instant.parse("2026-01-01T00:00:00Z");
                for (int i = 0; i < HISTORY; i++) {
                    send(producer, "old-" + i, "tag" + i % 500, then.plusSeconds(i));
                }
                producer.flush();
                await().atMost(Duration.ofMinutes(5))
                        .until(() -> cluster.json("/api/v1/views/hashtag-trends")
                                        .path("versions")
                                        .get(0)
                                        .path("lag")
                                        .asLong(1)
                                == 0);
                var quiet = new ArrayList<Long>();
                for (int i = 0; i < 100; i++) {
                    quiet.add(probe(cluster, producer, "quiet" + i));
                }
                assertThat(cluster.run("replay", "start", "hashtag-trends", "--set", "window=PT10M")
                                .exitCode())
                        .isZero();
                var during = new ArrayList<Long>();
                long begun = System.nanoTime();
                while (isReplaying(cluster)) {
                    during.add(probe(cluster, producer, "during" + during.size()));
                }
                double seconds = Duration.ofNanos(System.nanoTime() - begun).toMillis() / 1000.0;
                print(
                        "from producing to seeing a post by HTTP, ms: without a replay p50 %d p95 %d; during one of %d posts, %.0f s: p50 %d p95 %d (%d probes)",
                        percentile(quiet, 0.5),
                        percentile(quiet, 0.95),
                        HISTORY,
                        seconds,
                        percentile(during, 0.5),
                        percentile(during, 0.95),
                        during.size());
            }
        }
    }

    private static boolean isReplaying(LocalCluster cluster) throws Exception {
        JsonNode versions = cluster.json("/api/v1/views/hashtag-trends").path("versions");
        return versions.get(versions.size() - 1).path("phase").asText().equals("REPLAYING");
    }

    private static void send(KafkaProducer<String, Post> producer, String id, String tag, Instant at) {
        Post post = Post.newBuilder()
                .setPostId(id)
                .setHashtags(List.of(tag))
                .setCreatedAt(at)
                .build();
        var _ = producer.send(new ProducerRecord<>("posts", null, at.toEpochMilli(), id, post));
    }

    private static long probe(LocalCluster cluster, KafkaProducer<String, Post> producer, String tag) throws Exception {
        long begun = System.nanoTime();
        send(producer, tag, tag, Instant.ofEpochMilli(System.currentTimeMillis()));
        producer.flush();
        while (cluster.json("/api/v1/views/hashtag-trends/stores/counts/windows/" + tag)
                .path("windows")
                .isEmpty()) {
            Thread.sleep(Duration.ofMillis(2));
        }
        return Duration.ofNanos(System.nanoTime() - begun).toMillis();
    }
}
