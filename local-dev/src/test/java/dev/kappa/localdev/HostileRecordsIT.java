package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.events.AdEvent;
import dev.kappa.events.BlockedAuthor;
import dev.kappa.events.Campaign;
import dev.kappa.events.DeviceLocation;
import dev.kappa.events.PageView;
import dev.kappa.events.Post;
import dev.kappa.events.Reading;
import dev.kappa.events.Transaction;
import dev.kappa.localdev.fixtures.ForeignProducer;
import dev.kappa.localdev.fixtures.LocalCluster;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random records into every input, most of them hostile: no view stops, each good record is counted, and each other one is in
 * the dead letters of each view that reads it, once. What a record is, good or not, is known from how it was made.
 */
class HostileRecordsIT {

    private static final Duration PATIENCE = Duration.ofMinutes(30);
    private static final Instant NOON = Instant.parse("2024-03-01T12:00:00Z");
    private static final int PARTITIONS = 4;
    private static final int ADS = 50;

    private static final Map<String, List<String>> READERS = Map.of(
            "posts", List.of("hashtag-trends", "author-mood"),
            "blocked-authors", List.of("hashtag-trends"),
            "transactions", List.of("fraud-alerts"),
            "device-locations", List.of("fraud-alerts"),
            "readings", List.of("sensor-averages", "sequence-alerts"),
            "page-views", List.of("visitor-sessions"),
            "ad-events", List.of("campaign-views"),
            "campaigns", List.of("campaign-views"));

    private static final List<String> TOPICS =
            READERS.keySet().stream().sorted().toList();

    private static final List<String> OUR_HEADERS = List.of(
            "kappa.partition-time",
            "kappa.event-time",
            "kappa.window",
            "kappa.unusable",
            "kappa.log-time",
            "kappa.error.class");

    private final Map<String, Long> good = new ConcurrentHashMap<>();
    private final Map<String, Set<String>> bad = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<Exception> failures = new ConcurrentLinkedQueue<>();

    @Test
    @Handles(
            input = "20,000 random records, most of them hostile, into every view",
            outcome = "no view stops, good ones are counted, each other one is a dead letter once")
    @Tag("soak")
    void someHostileRecordsStopNothing(@TempDir Path directory) throws Exception {
        run(directory, 20_000, 20_240_301);
    }

    @Test
    @Handles(input = "1,000,000 of them", outcome = "likewise")
    @Tag("soak")
    void aMillionHostileRecordsStopNothing(@TempDir Path directory) throws Exception {
        long seed = Long.getLong("kappa.seed", new Random().nextLong());
        System.out.println("Hostile records with -Dkappa.seed=" + seed);
        run(directory, 1_000_000, seed);
    }

    private void run(Path directory, int records, long seed) throws Exception {
        try (var cluster = new LocalCluster(directory).startBrokerAndRegistry();
                var foreign = new ForeignProducer(cluster);
                var producer = new KafkaProducer<>(
                        Map.<String, Object>of(
                                "bootstrap.servers",
                                cluster.kafka(),
                                "compression.type",
                                "zstd",
                                "linger.ms",
                                20,
                                "max.request.size",
                                64 << 20,
                                "buffer.memory",
                                256L << 20),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            cluster.startApp(Map.of());
            var generator = new Generator(foreign, new Random(seed));
            for (int ad = 0; ad < ADS; ad++) {
                send(producer, generator.good("campaigns", ad));
            }
            producer.flush();
            for (int i = 0; i < records; i++) {
                send(producer, generator.next(i));
            }
            producer.flush();
            assertThat(failures).isEmpty();

            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(lag(cluster)).isZero());
            for (String view : new HashSet<>(
                    READERS.values().stream().flatMap(List::stream).toList())) {
                Set<String> expected = new HashSet<>();
                READERS.forEach((topic, views) -> {
                    if (views.contains(view)) {
                        expected.addAll(bad.getOrDefault(topic, Set.of()));
                    }
                });
                await(view).atMost(PATIENCE).untilAsserted(() -> {
                    List<String> letters = letters(cluster, view);
                    assertThat(letters).hasSameSizeAs(expected);
                    assertThat(new HashSet<>(letters)).isEqualTo(expected);
                });
            }
            await().atMost(PATIENCE).untilAsserted(() -> {
                assertThat(sum(cluster, "hashtag-trends/stores/counts/windows", "windows", "count"))
                        .isEqualTo(good.getOrDefault("posts", 0L));
                assertThat(sum(cluster, "author-mood/stores/moods/entries", "entries", "posts"))
                        .isEqualTo(good.getOrDefault("posts", 0L));
                assertThat(sum(cluster, "fraud-alerts/stores/profiles/entries", "entries", "count"))
                        .isEqualTo(good.getOrDefault("transactions", 0L));
                assertThat(sum(cluster, "sensor-averages/stores/averages/windows", "windows", "count"))
                        .isEqualTo(6 * good.getOrDefault("readings", 0L));
                assertThat(sum(cluster, "visitor-sessions/stores/sessions/windows", "windows", "views"))
                        .isEqualTo(good.getOrDefault("page-views", 0L));
                assertThat(sum(cluster, "campaign-views/stores/counts/windows", "windows", "count"))
                        .isEqualTo(good.getOrDefault("ad-events", 0L));
            });
            cluster.json("/api/v1/views")
                    .path("views")
                    .forEach(view -> assertThat(view.path("state").asText())
                            .as(view.path("name").asText())
                            .isEqualTo("RUNNING"));
        }
    }

    private static long lag(LocalCluster cluster) throws Exception {
        long lag = 0;
        for (JsonNode view : cluster.json("/api/v1/views").path("views")) {
            JsonNode version = view.path("versions").path(0);
            lag += version.path("lag").asLong(1);
        }
        return lag;
    }

    private static long sum(LocalCluster cluster, String path, String list, String field) throws Exception {
        long[] sum = {0};
        cluster.pages(
                "/api/v1/views/" + path,
                list,
                item -> sum[0] += item.path("value").path(field).asLong());
        return sum[0];
    }

    /** Where the records of all dead letters of a view come from, as often as there are letters. */
    private static List<String> letters(LocalCluster cluster, String view) {
        return cluster.committedSoFar(view + ".dlq").stream()
                .map(letter ->
                        header(letter, "topic") + "-" + header(letter, "partition") + "@" + header(letter, "offset"))
                .toList();
    }

    private static String header(ConsumerRecord<byte[], byte[]> letter, String name) {
        return new String(letter.headers().lastHeader("kappa.origin." + name).value(), StandardCharsets.UTF_8);
    }

    /** A record and what it is. */
    private record Made(ProducerRecord<byte[], byte[]> record, boolean isGood) {
        String topic() {
            return record.topic();
        }

        byte[] key() {
            return record.key();
        }

        byte[] value() {
            return record.value();
        }
    }

    private void send(KafkaProducer<byte[], byte[]> producer, Made made) {
        var _ = producer.send(made.record(), (written, failure) -> {
            if (failure != null) {
                failures.add(failure);
            } else if (made.isGood()) {
                good.merge(made.topic(), 1L, Long::sum);
            } else {
                bad.computeIfAbsent(made.topic(), _ -> ConcurrentHashMap.newKeySet())
                        .add(made.topic() + "-" + written.partition() + "@" + written.offset());
            }
        });
    }

    /** Makes records. */
    private static final class Generator {

        private final ForeignProducer foreign;
        private final Random random;
        private final int nestedId;
        private final TreeMap<String, Integer> ids = new TreeMap<>();

        Generator(ForeignProducer foreign, Random random) throws Exception {
            this.foreign = foreign;
            this.random = random;
            String nested = Post.getClassSchema()
                    .toString()
                    .replace(
                            "\"fields\":[",
                            "\"fields\":[{\"name\":\"nest\",\"type\":{\"type\":\"record\",\"name\":\"Nest\",\"fields\":[{\"name\":\"in\",\"type\":[\"null\",\"Nest\"]}]}},");
            this.nestedId = foreign.register("nested-value", nested, List.of());
        }

        private static int place(String key) {
            return Utils.toPositive(Utils.murmur2(ForeignProducer.text(key))) % PARTITIONS;
        }

        private SpecificRecord event(String topic, String key, Instant at) {
            return switch (topic) {
                // Few posts of each author: one that is late corrects every later score of its author.
                case "posts" -> new Post(key, "author-" + random.nextInt(5_000), "good news", List.of("good"), at);
                case "blocked-authors" -> new BlockedAuthor(key, null, at);
                case "transactions" ->
                    new Transaction(
                            "t" + random.nextLong(), key, null, new BigDecimal("1.00"), "EUR", null, null, null, at);
                case "device-locations" -> new DeviceLocation(key, 1.0, 1.0, at);
                case "readings" -> new Reading(key, random.nextDouble(), null, at);
                case "page-views" -> new PageView(key, "/", 200, 1L, at);
                case "ad-events" -> new AdEvent("u", "p", key, "t", "view", at);
                default -> new Campaign(key, "campaign-" + random.nextInt(5));
            };
        }

        private Instant at() {
            return NOON.plusMillis(random.nextInt(540_000));
        }

        private String key(String topic) {
            boolean isAd = topic.equals("ad-events") || topic.equals("campaigns");
            return isAd ? "ad-" + random.nextInt(ADS) : "key-" + random.nextInt(500);
        }

        Made good(String topic, int ad) {
            String key = topic.equals("campaigns") ? "ad-" + ad % ADS : key(topic);
            return new Made(
                    new ProducerRecord<>(
                            topic,
                            place(key),
                            NOON.plusSeconds(random.nextInt(10_000_000)).toEpochMilli(),
                            ForeignProducer.text(key),
                            foreign.event(topic, event(topic, key, at())),
                            headers()),
                    true);
        }

        private List<Header> headers() {
            var headers = new ArrayList<Header>();
            for (int i = random.nextInt(12) - 9; i > 0; i--) {
                byte[] value = random.nextInt(3) == 0 ? null : bytes(random.nextInt(40));
                headers.add(new RecordHeader(
                        random.nextBoolean() ? OUR_HEADERS.get(random.nextInt(OUR_HEADERS.size())) : "h" + i, value));
            }
            if (random.nextInt(5_000) == 0) {
                headers.add(new RecordHeader("large", bytes(300_000)));
            }
            return headers;
        }

        private byte[] bytes(int length) {
            var bytes = new byte[length];
            random.nextBytes(bytes);
            return bytes;
        }

        Made next(int number) throws Exception {
            String topic = TOPICS.get(random.nextInt(TOPICS.size()));
            if (random.nextInt(3) == 0) {
                return good(topic, number);
            }
            Made base = good(topic, number);
            byte[] value = base.value();
            boolean isPost = topic.equals("posts");
            boolean isTable =
                    List.of("campaigns", "blocked-authors", "device-locations").contains(topic);
            return switch (random.nextInt(12)) {
                case 0 ->
                    bad(base, base.key(), random.nextInt(20) == 0 ? guid() : unframed(bytes(1 + random.nextInt(200))));
                case 1 -> bad(base, base.key(), framed(1_000_000 + random.nextInt(5), bytes(random.nextInt(100))));
                case 2 -> bad(base, base.key(), Arrays.copyOf(value, value.length - 1));
                case 3 -> bad(base, base.key(), Arrays.copyOf(value, value.length + 1 + random.nextInt(5)));
                case 4 -> {
                    String other = isPost ? "readings" : "posts";
                    yield bad(base, base.key(), foreign.event(other, event(other, key(other), at())));
                }
                case 5 -> isTable ? bad(base, bytes(9), bytes(3)) : bad(base, base.key(), null);
                // A compacted topic takes no record without a key.
                case 6 -> isTable ? base : bad(base, null, value);
                case 7 ->
                    isPost
                            ? base
                            : bad(
                                    base,
                                    ByteBuffer.allocate(8)
                                            .putLong(-1 - random.nextInt(99))
                                            .array(),
                                    value);
                case 8 -> isPost ? base : bad(base, ForeignProducer.text("other"), value);
                case 9 ->
                    topic.equals("campaigns")
                            ? base
                            : bad(
                                    base,
                                    base.key(),
                                    foreign.event(
                                            topic,
                                            event(
                                                    topic,
                                                    new String(base.key(), StandardCharsets.UTF_8),
                                                    random.nextBoolean()
                                                            ? Instant.ofEpochMilli(-1 - random.nextInt(9_999))
                                                            : Instant.parse("9999-01-01T00:00:00Z"))));
                case 10 -> bad(base, base.key(), framed(id(topic), bytes(random.nextInt(60))));
                default -> random.nextInt(100) == 0 ? large(base) : base;
            };
        }

        /** What takes much memory or a deep stack. */
        private Made large(Made base) throws Exception {
            if (!base.topic().equals("posts")) {
                return base;
            }
            if (random.nextInt(20) == 0) {
                return bad(
                        base,
                        base.key(),
                        foreign.event("posts", new Post("p", "a", "x".repeat(20 << 20), List.of("good"), at())));
            }
            var nest = new byte[200_000];
            Arrays.fill(nest, (byte) 2);
            nest[nest.length - 1] = 0;
            return bad(base, base.key(), framed(nestedId, nest));
        }

        private int id(String topic) {
            return ids.computeIfAbsent(topic, name -> {
                byte[] framed = foreign.event(name, event(name, "k", at()));
                return ByteBuffer.wrap(framed, 1, 4).getInt();
            });
        }

        private static byte[] unframed(byte[] bytes) {
            // Neither of the bytes that a frame begins with.
            bytes[0] = (byte) (bytes[0] | 4);
            return bytes;
        }

        /** What may be a GUID, of no schema. */
        private byte[] guid() {
            byte[] bytes = bytes(17 + random.nextInt(50));
            bytes[0] = 1;
            return bytes;
        }

        private static byte[] framed(int id, byte[] payload) {
            var out = new ByteArrayOutputStream();
            out.write(0);
            out.writeBytes(ByteBuffer.allocate(4).putInt(id).array());
            out.writeBytes(payload);
            return out.toByteArray();
        }

        private static Made bad(Made base, byte @Nullable [] key, byte @Nullable [] value) {
            ProducerRecord<byte[], byte[]> like = base.record();
            return new Made(
                    new ProducerRecord<>(like.topic(), like.partition(), like.timestamp(), key, value, like.headers()),
                    false);
        }
    }
}
