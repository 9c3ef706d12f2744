package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kappa.avro.AvroDeserializer;
import dev.kappa.localdev.fixtures.Listening;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.localdev.fixtures.Posts;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.reader.ViewReader;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Readers of the results in Kafka, across a switch and a rollback: all end with the state of the active version. */
class ReadersIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String VIEW = "hashtag-trends";
    private static final String CHANGES = "/api/v1/views/" + VIEW + "/changes";

    @Test
    void everyKindOfReaderFollowsTheActiveVersion(@TempDir Path directory) throws Exception {
        try (var cluster = new LocalCluster(directory).startBrokerAndRegistry()) {
            cluster.startApp(Map.of(VIEW + ".publish", "true"));
            var posts = new Posts();
            posts.loadHistory(cluster, directory, 5_000);
            try (var rebuilding = new Following(cluster, ViewReader.Policy.FROM_START);
                    var continuing = new Following(cluster, ViewReader.Policy.CONTINUE);
                    var plain = new Published(cluster);
                    var another = cluster.startAnotherApp(Map.of(VIEW + ".publish", "true"));
                    var listening =
                            new Listening(() -> List.of(cluster.appUri(CHANGES), another.uri(CHANGES)), "count", 500)) {
                awaitSame(cluster, expected(posts, Duration.ofHours(1)), "v1", rebuilding, plain);
                awaitHeard(listening, expected(posts, Duration.ofHours(1)));
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(continuing.state).isEqualTo(output(cluster, VIEW + ".v1")));

                assertThat(cluster.kappa("replay", "start", VIEW, "--set", "window=PT10M", "--watch"))
                        .isZero();
                assertThat(cluster.kappa("replay", "switch", VIEW)).isZero();
                awaitSame(cluster, expected(posts, Duration.ofMinutes(10)), "v2", rebuilding, plain);
                awaitHeard(listening, expected(posts, Duration.ofMinutes(10)));

                load(cluster, posts, directory, "2026-03-01T10:05:00Z");
                awaitSame(cluster, expected(posts, Duration.ofMinutes(10)), "v2", rebuilding, plain);
                awaitHeard(listening, expected(posts, Duration.ofMinutes(10)));
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(continuing.fresh)
                                .anySatisfy(result -> assertThat(result).contains("v2", "2026-03-01T10:00:00Z")));
                assertThat(continuing.repeats)
                        .as("what was passed may come again, marked")
                        .isNotEmpty();

                // The app dies while the published topic goes back to the first version.
                assertThat(cluster.kappa("replay", "rollback", VIEW)).isZero();
                cluster.app().kill();
                cluster.startApp(Map.of(VIEW + ".publish", "true"));
                awaitSame(cluster, expected(posts, Duration.ofHours(1)), "v1", rebuilding, plain);
                awaitHeard(listening, expected(posts, Duration.ofHours(1)));

                assertThat(listening.switches).containsExactly("v1 -> v2", "v2 -> v1");
                assertThat(listening.faults).isEmpty();
                assertThat(listening.connections).hasValueGreaterThan(5);
                assertThat(rebuilding.switches).containsExactly("v1 -> v2", "v2 -> v1");
                assertThat(continuing.switches).containsExactly("v1 -> v2", "v2 -> v1");
                assertThat(rebuilding.failures).isEmpty();
                assertThat(continuing.failures).isEmpty();
            }
        }
    }

    /** What it has kept stays, and reading continues in the middle. */
    @Test
    @Tag("soak")
    void readerThatIsStartedAgainAfterASwitchIsNotToldOfItOnceMore(@TempDir Path directory) throws Exception {
        try (var cluster = new LocalCluster(directory).startBrokerAndRegistry()) {
            cluster.launchApp(Map.of(), "-Dkappa.pool.include=hashtag-trends");
            cluster.awaitApp();
            var posts = new Posts();
            posts.loadHistory(cluster, directory, 1_000);
            var kept = new ConcurrentHashMap<String, Long>();
            try (var reader = new Following(cluster, ViewReader.Policy.FROM_START, kept)) {
                awaitState(reader, expected(posts, Duration.ofHours(1)));
                assertThat(cluster.kappa("replay", "start", VIEW, "--set", "window=PT10M", "--watch"))
                        .isZero();
                assertThat(cluster.kappa("replay", "switch", VIEW)).isZero();
                awaitState(reader, expected(posts, Duration.ofMinutes(10)));
                assertThat(reader.switches).containsExactly("v1 -> v2");
            }
            load(cluster, posts, directory, "2026-03-01T10:05:00Z");
            try (var again = new Following(cluster, ViewReader.Policy.FROM_START, kept)) {
                awaitState(again, expected(posts, Duration.ofMinutes(10)));
                assertThat(again.switches).isEmpty();
                assertThat(again.failures).isEmpty();
            }
        }
    }

    private static void awaitState(Following reader, Map<String, Long> expected) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(reader.state).isEqualTo(expected));
    }

    private static Map<String, Long> expected(Posts posts, Duration window) {
        Map<String, Long> counts = new TreeMap<>();
        posts.counts(window).forEach((key, count) -> {
            Instant start = Instant.parse(key.substring(key.lastIndexOf('@') + 1));
            counts.put(key + "/" + start.plus(window), count);
        });
        return counts;
    }

    private static void load(LocalCluster cluster, Posts posts, Path directory, String at) throws Exception {
        var some = new ArrayList<Posts.Post>();
        for (int i = 0; i < 100; i++) {
            some.add(new Posts.Post("late-" + i, "spring tag" + i % 9, Instant.parse(at)));
        }
        posts.load(cluster, directory.resolve("more.csv"), some);
    }

    /** The newest value of each key is what the oracle says, in the version's output, at the reader and at the consumer. */
    private static void awaitSame(
            LocalCluster cluster, Map<String, Long> expected, String version, Following reader, Published plain) {
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(output(cluster, VIEW + "." + version)).isEqualTo(expected));
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(reader.state).isEqualTo(expected));
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(plain.state()).isEqualTo(expected));
    }

    private static void awaitHeard(Listening listening, Map<String, Long> expected) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(listening.state)
                        .as(
                                "after %d changes over %d connections; faults: %s",
                                listening.changes.get(), listening.connections.get(), listening.faults)
                        .isEqualTo(expected));
    }

    private static AvroDeserializer<GenericRecord> deserializer(LocalCluster cluster, boolean isKey) {
        var deserializer = new AvroDeserializer<GenericRecord>();
        deserializer.configure(cluster.clientSettings(), isKey);
        return deserializer;
    }

    private static String text(GenericRecord key) {
        return key.get("key") + "@" + key.get("start") + "/" + key.get("end");
    }

    private static Map<String, Long> output(LocalCluster cluster, String topic) {
        try (var consumer = new Published(cluster, topic)) {
            return consumer.state();
        }
    }

    /** A program that follows the view with a reader. */
    private static final class Following implements AutoCloseable {
        final Map<String, Long> state;
        final Queue<String> switches = new ConcurrentLinkedQueue<>();
        final Queue<String> fresh = new ConcurrentLinkedQueue<>();
        final Queue<String> repeats = new ConcurrentLinkedQueue<>();
        final Queue<Exception> failures = new ConcurrentLinkedQueue<>();
        private volatile boolean stopping;
        private final Thread thread;

        Following(LocalCluster cluster, ViewReader.Policy policy) {
            this(cluster, policy, new ConcurrentHashMap<>());
        }

        Following(LocalCluster cluster, ViewReader.Policy policy, Map<String, Long> state) {
            this.state = state;
            this.thread = Thread.ofPlatform().start(() -> {
                try (var reader = ViewReader.open(
                        cluster.clientSettings(),
                        "",
                        VIEW,
                        "following-" + policy,
                        policy,
                        deserializer(cluster, true),
                        deserializer(cluster, false),
                        this::switched)) {
                    while (!stopping) {
                        reader.poll(Duration.ofMillis(100)).forEach(this::take);
                    }
                } catch (RuntimeException e) {
                    failures.add(e);
                }
            });
        }

        private void switched(ViewReader.Switched event) {
            switches.add("v" + event.before().number() + " -> v" + event.after().number());
            if (event.policy() == ViewReader.Policy.FROM_START) {
                state.clear();
            }
        }

        private void take(ViewReader.Result<GenericRecord, GenericRecord> result) {
            VersionId version = result.version();
            (result.mayRepeat() ? repeats : fresh).add("v" + version.number() + " " + text(result.key()));
            GenericRecord value = result.value();
            if (value == null) {
                state.remove(text(result.key()));
            } else {
                state.put(text(result.key()), (Long) value.get("count"));
            }
        }

        @Override
        public void close() {
            stopping = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** An ordinary consumer of a topic, which knows nothing of versions. */
    private static final class Published implements AutoCloseable {
        private final KafkaConsumer<GenericRecord, GenericRecord> consumer;
        private final List<TopicPartition> partitions;
        private final Map<String, Long> state = new TreeMap<>();

        Published(LocalCluster cluster) {
            this(cluster, VIEW);
            assertThat(partitions).isNotEmpty();
        }

        Published(LocalCluster cluster, String topic) {
            Map<String, Object> settings = new HashMap<>(cluster.clientSettings());
            settings.put("isolation.level", "read_committed");
            settings.put("group.id", UUID.randomUUID().toString());
            this.consumer = new KafkaConsumer<>(settings, deserializer(cluster, true), deserializer(cluster, false));
            await().atMost(PATIENCE).until(() -> !consumer.partitionsFor(topic).isEmpty());
            this.partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
        }

        /** What the topic says, read to its end. */
        Map<String, Long> state() {
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream()
                    .anyMatch(partition -> consumer.position(partition) < ends.getOrDefault(partition, 0L))) {
                for (ConsumerRecord<GenericRecord, GenericRecord> found : consumer.poll(Duration.ofMillis(100))) {
                    if (found.value() == null) {
                        state.remove(text(found.key()));
                    } else {
                        state.put(text(found.key()), (Long) found.value().get("count"));
                    }
                }
            }
            return state;
        }

        @Override
        public void close() {
            consumer.close();
        }
    }
}
