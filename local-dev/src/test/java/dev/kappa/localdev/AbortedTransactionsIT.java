package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.avro.AvroDeserializer;
import dev.kappa.avro.AvroSerializer;
import dev.kappa.events.Post;
import dev.kappa.localdev.fixtures.LocalCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * While transactions are aborted again and again, queries see nothing but what was committed: each value that was read is a value of
 * the version's output.
 */
@Tag("soak")
class AbortedTransactionsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final String APPLICATION = "kappa.hashtag-trends.v1-";
    private static final int READERS = 4;
    /** Transactions to abort at least. */
    private static final int LEAST = 4;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory = Path.of("");

    private final AtomicBoolean stopping = new AtomicBoolean();
    private final AtomicLong written = new AtomicLong();
    private final Map<String, Set<Long>> seen = new ConcurrentHashMap<>();
    private final Queue<String> faults = new ConcurrentLinkedQueue<>();

    @Test
    void queriesSeeCommittedValuesOnly() throws Exception {
        readWhileTransactionsAreAborted(Duration.ZERO);
    }

    @Test
    void queriesSeeCommittedValuesOnlyForTenMinutes() throws Exception {
        readWhileTransactionsAreAborted(Duration.ofMinutes(10));
    }

    private void readWhileTransactionsAreAborted(Duration duration) throws Exception {
        try (var cluster = new LocalCluster(directory, "hashtag-trends").startBrokerAndRegistry()) {
            cluster.launchApp(Map.of(), "-Dkappa.pool.include=hashtag-trends");
            cluster.awaitApp();
            var threads = new ArrayList<Thread>();
            threads.add(Thread.ofPlatform().start(() -> write(cluster)));
            for (int i = 0; i < READERS; i++) {
                threads.add(Thread.ofPlatform().start(() -> read(cluster)));
            }
            awaitMore(cluster, 1);
            int aborted = abort(cluster, duration);
            stopping.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
            await().atMost(PATIENCE)
                    .ignoreExceptions()
                    .untilAsserted(() -> assertThat(total(cluster)).isEqualTo(written.get()));

            assertThat(faults).isEmpty();
            Map<String, Set<Long>> committed = committed(cluster);
            assertThat(seen).isNotEmpty();
            seen.forEach((window, counts) -> assertThat(counts)
                    .as("counts of %s, read while %d transactions were aborted", window, aborted)
                    .hasSizeGreaterThan(5)
                    .isSubsetOf(committed.getOrDefault(window, Set.of())));
        }
    }

    private void write(LocalCluster cluster) {
        try (var serializer = new AvroSerializer<Post>();
                var producer = new KafkaProducer<>(
                        Map.<String, Object>of("bootstrap.servers", cluster.kafka()),
                        new StringSerializer(),
                        new ByteArraySerializer())) {
            serializer.configure(cluster.clientSettings(), false);
            while (!stopping.get()) {
                String id = "p" + written.getAndIncrement();
                var post = new Post(id, null, null, List.of("a"), Instant.now().truncatedTo(ChronoUnit.MILLIS));
                var _ = producer.send(new ProducerRecord<>("posts", id, serializer.serialize("posts", post)));
                Thread.sleep(Duration.ofMillis(1));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void read(LocalCluster cluster) {
        while (!stopping.get()) {
            try {
                for (JsonNode window : windows(cluster)) {
                    seen.computeIfAbsent(window.path("start").asText(), _ -> ConcurrentHashMap.newKeySet())
                            .add(window.path("value").path("count").asLong());
                }
            } catch (AssertionError unavailableWhileTasksMove) {
                // Such as 503.
            } catch (Exception e) {
                faults.add(e.toString());
            }
        }
    }

    /** Fences producers of stream threads while they have a transaction open; their transactions are aborted then. */
    private static int abort(LocalCluster cluster, Duration duration) throws Exception {
        var random = new Random(7);
        int aborted = 0;
        long end = System.nanoTime() + duration.toNanos();
        try (Admin admin = cluster.admin()) {
            while (aborted < LEAST || System.nanoTime() < end) {
                List<String> open = admin.listTransactions().all().get().stream()
                        .filter(transaction -> transaction.state() == TransactionState.ONGOING)
                        .map(TransactionListing::transactionalId)
                        .filter(id -> id.startsWith(APPLICATION))
                        .toList();
                if (!open.isEmpty()) {
                    admin.fenceProducers(List.of(open.get(random.nextInt(open.size()))))
                            .all()
                            .get();
                    aborted++;
                    awaitMore(cluster, 3);
                }
            }
        }
        return aborted;
    }

    /** Waits for so many commits that queries see. */
    private static void awaitMore(LocalCluster cluster, int commits) {
        for (int i = 0; i < commits; i++) {
            var before = new AtomicLong(-1);
            await().atMost(PATIENCE).ignoreExceptions().until(() -> {
                long now = total(cluster);
                before.compareAndSet(-1, now);
                return now > before.get();
            });
        }
    }

    private static Iterable<JsonNode> windows(LocalCluster cluster) throws Exception {
        return cluster.json("/api/v1/views/hashtag-trends/stores/counts/windows/a")
                .path("windows");
    }

    private static long total(LocalCluster cluster) throws Exception {
        long total = 0;
        for (JsonNode window : windows(cluster)) {
            total += window.path("value").path("count").asLong();
        }
        return total;
    }

    private static Map<String, Set<Long>> committed(LocalCluster cluster) {
        var committed = new HashMap<String, Set<Long>>();
        try (var keys = new AvroDeserializer<GenericRecord>();
                var values = new AvroDeserializer<GenericRecord>()) {
            keys.configure(cluster.clientSettings(), true);
            values.configure(cluster.clientSettings(), false);
            for (ConsumerRecord<byte[], byte[]> result : cluster.records("hashtag-trends.v1")) {
                GenericRecord key = Objects.requireNonNull(keys.deserialize(result.topic(), result.key()));
                GenericRecord value = Objects.requireNonNull(values.deserialize(result.topic(), result.value()));
                committed
                        .computeIfAbsent(String.valueOf(key.get("start")), _ -> new TreeSet<>())
                        .add((Long) value.get("count"));
            }
        }
        return committed;
    }
}
