package dev.kappa.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.avro.AvroSerializer;
import dev.kappa.events.AdEvent;
import dev.kappa.events.Campaign;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.results.CampaignCount;
import dev.kappa.results.WindowedKey;
import dev.kappa.samples.campaignviews.CampaignViewsSpec;
import dev.kappa.topologies.kit.Drafts;
import dev.kappa.topologies.kit.Results;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Costs and gains of alignment, on the ad events of the Yahoo benchmark through one repartition. Prints FIGURE lines and
 * asserts no time; no build runs it by itself.
 */
class AlignmentFigures {

    private static final int PARTITIONS = 8;
    private static final int EVENTS = Integer.getInteger("kappa.events", 400_000);
    private static final long START = Instant.parse("2026-01-01T00:00:00Z").toEpochMilli();
    private static final long WINDOW = 10_000;
    private static final int ROUNDS = 3;

    /** So that what is not aligned has the same work to do, where it drops most of it with an ordinary grace. */
    private static final String NOTHING_IS_LATE = "P1000D";

    private final Map<Object, Object> expected = new HashMap<>();

    @ParameterizedTest
    @ValueSource(ints = {1, 100})
    void rateAndLoss(int timesLarger, @TempDir Path directory) throws Exception {
        try (var cluster = new LocalCluster(directory).startBrokerAndRegistry()) {
            start(cluster, true);
            write(cluster, timesLarger);
            for (int round = 1; round <= ROUNDS; round++) {
                cluster.app().close();
                start(cluster, true);
                // The first is slow for being first.
                for (String grace : List.of("PT1S", "PT5S", "PT60S", "PT10M")) {
                    measure(cluster, timesLarger, true, grace);
                }
                cluster.app().close();
                start(cluster, false);
                for (String grace : List.of("PT1S", NOTHING_IS_LATE, NOTHING_IS_LATE, "PT5S", "PT60S", "PT10M")) {
                    measure(cluster, timesLarger, false, grace);
                }
            }
        }
    }

    private static void start(LocalCluster cluster, boolean aligned, String... more) throws Exception {
        var arguments = new ArrayList<>(List.of(
                "-Dkappa.alignment.enabled=" + aligned,
                "-Dkappa.topics.partitions=" + PARTITIONS,
                "-Dkappa.replay.threads=2"));
        arguments.addAll(List.of(more));
        cluster.launchApp(Map.of(), arguments.toArray(String[]::new));
        cluster.awaitApp();
    }

    private void measure(LocalCluster cluster, int timesLarger, boolean aligned, String grace) throws Exception {
        awaitLag(cluster, 1);
        long begin = System.nanoTime();
        JsonNode plan = cluster.run("replay", "start", "campaign-views", "--set", "grace=" + grace, "--output", "json")
                .json();
        int version = newest(cluster);
        assertThat(plan.isMissingNode()).isFalse();
        double seconds = (awaitLastResult(cluster, version) - begin) / 1e9;
        int wrong = Results.differences(expected, cluster.results(new CampaignViewsSpec(), version))
                .size();
        System.out.printf(
                "FIGURE largest=%dx aligned=%s grace=%s seconds=%.1f eventsPerSecond=%.0f wrong=%d of %d%n",
                timesLarger, aligned, grace, seconds, EVENTS / seconds, wrong, expected.size());
        assertThat(cluster.kappa("replay", "abort", "campaign-views", "--yes")).isZero();
    }

    /** When the output last grew, once everything has been read and it grows no more. */
    private static long awaitLastResult(LocalCluster cluster, int version) {
        var last = new AtomicLong();
        var grew = new AtomicLong(System.nanoTime());
        awaitLag(cluster, version);
        try (var consumer = new KafkaSettings(cluster.clientSettings()).scanner("figures")) {
            List<TopicPartition> partitions = consumer.partitionsFor("campaign-views.v" + version).stream()
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .toList();
            await().pollInterval(Duration.ofMillis(50))
                    .atMost(Duration.ofMinutes(5))
                    .until(() -> {
                        long size = consumer.endOffsets(partitions).values().stream()
                                .mapToLong(Long::longValue)
                                .sum();
                        if (last.getAndSet(size) != size) {
                            grew.set(System.nanoTime());
                        }
                        return System.nanoTime() - grew.get()
                                > Duration.ofSeconds(2).toNanos();
                    });
        }
        return grew.get();
    }

    private static int newest(LocalCluster cluster) throws Exception {
        int newest = 0;
        for (JsonNode version :
                cluster.json("/api/v1/views/campaign-views/versions").path("versions")) {
            newest = Math.max(newest, version.path("version").asInt());
        }
        return newest;
    }

    private static void awaitLag(LocalCluster cluster, int number) {
        await().pollInterval(Duration.ofMillis(50))
                .atMost(Duration.ofMinutes(5))
                .until(() -> {
                    for (JsonNode version : cluster.json("/api/v1/views/campaign-views/versions")
                            .path("versions")) {
                        if (version.path("version").asInt() == number) {
                            return version.path("progress").path("lag").asLong(-1) == 0;
                        }
                    }
                    return false;
                });
    }

    /** Ten events a second of event time, in order; the first partition gets so many times what each other one does. */
    private void write(LocalCluster cluster, int timesLarger) {
        var random = new Random(3);
        var ads = new ArrayList<List<String>>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            ads.add(new ArrayList<>());
        }
        for (int i = 0; i < 400; i++) {
            String ad = "ad-" + i;
            ads.get(Drafts.partitionOf(ad, PARTITIONS)).add(ad);
        }
        var serializer = new AvroSerializer<SpecificRecord>();
        serializer.configure(cluster.clientSettings(), false);
        try (serializer;
                var producer = new KafkaProducer<>(
                        Map.<String, Object>of("bootstrap.servers", cluster.kafka(), "linger.ms", 20),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            ads.forEach(some -> some.forEach(ad -> {
                var _ = producer.send(new ProducerRecord<>(
                        "campaigns",
                        ad.getBytes(StandardCharsets.UTF_8),
                        serializer.serialize("campaigns", new Campaign(ad, campaign(ad)))));
            }));
            producer.flush();
            for (int i = 0; i < EVENTS; i++) {
                int ofLargest = random.nextInt(timesLarger + PARTITIONS - 1);
                List<String> some = ads.get(Math.max(0, ofLargest - timesLarger + 1));
                String ad = some.get(random.nextInt(some.size()));
                long at = START + i * 100L;
                String type = List.of("view", "click", "purchase").get(random.nextInt(3));
                if (type.equals("view")) {
                    long start = at / WINDOW * WINDOW;
                    var key = new WindowedKey(
                            campaign(ad), Instant.ofEpochMilli(start), Instant.ofEpochMilli(start + WINDOW));
                    CampaignCount before = (CampaignCount) expected.get(key);
                    expected.put(key, new CampaignCount(before == null ? 1L : before.getCount() + 1));
                }
                var event = new AdEvent("user", "page", ad, "banner", type, Instant.ofEpochMilli(at));
                var _ = producer.send(new ProducerRecord<>(
                        "ad-events",
                        null,
                        at,
                        ad.getBytes(StandardCharsets.UTF_8),
                        serializer.serialize("ad-events", event)));
            }
            producer.flush();
        }
    }

    private static String campaign(String ad) {
        return "campaign-" + Math.floorMod(ad.hashCode(), 10);
    }
}
