package dev.kappa.topologies.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.kafka.common.serialization.LongSerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.query.KeyQuery;
import org.apache.kafka.streams.query.PositionBound;
import org.apache.kafka.streams.query.QueryConfig;
import org.apache.kafka.streams.query.RangeQuery;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.TimestampedKeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QueryableKeyValueStoreTest {

    private static final int WRITES = 50_000;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** None outlives the tests, whatever it waits for. */
    private static final Executor THREADS = Thread.ofPlatform().daemon()::start;

    private static final QueryConfig PLAIN = new QueryConfig(false);

    @TempDir
    Path directory = Path.of("");

    @Test
    void isAskedWhileItIsWrittenTo() {
        var topology = new Topology();
        topology.addSource("numbers", "numbers").addProcessor("keep", Keep::new, "numbers");
        topology.addStateStore(
                Stores.timestampedKeyValueStoreBuilder(
                                QueryableKeyValueStore.supplier("kept"), Serdes.String(), Serdes.Long())
                        .withCachingDisabled(),
                "keep");
        var settings = new Properties();
        settings.put(StreamsConfig.STATE_DIR_CONFIG, directory.toString());
        settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.LongSerde.class);
        var driver = new TopologyTestDriver(topology, settings);
        StateStore store = driver.getTimestampedKeyValueStore("kept");
        var numbers = driver.createInputTopic("numbers", new StringSerializer(), new LongSerializer());
        CompletableFuture<Void> writing = CompletableFuture.runAsync(
                () -> {
                    for (long i = 0; i < WRITES; i++) {
                        numbers.pipeInput("key-" + i % 100, i);
                    }
                },
                THREADS);
        CompletableFuture<Long> asking = CompletableFuture.supplyAsync(
                () -> {
                    long answers = 0;
                    while (!writing.isDone() || answers == 0) {
                        answers += ask(store);
                    }
                    return answers;
                },
                THREADS);
        assertThat(writing).succeedsWithin(PATIENCE);
        assertThat(asking)
                .succeedsWithin(PATIENCE)
                .satisfies(answers -> assertThat(answers).isPositive());
        driver.close();
    }

    /** How many entries a point read and a scan found. */
    private static long ask(StateStore store) {
        long found = 0;
        Long one = store.query(KeyQuery.<String, Long>withKey("key-1"), PositionBound.unbounded(), PLAIN)
                .getResult();
        found += one == null ? 0 : 1;
        try (KeyValueIterator<String, Long> all = store.query(
                        RangeQuery.<String, Long>withNoBounds(), PositionBound.unbounded(), PLAIN)
                .getResult()) {
            while (all.hasNext()) {
                all.next();
                found++;
            }
        }
        return found;
    }

    private static final class Keep extends ContextualProcessor<String, Long, Void, Void> {
        @Override
        public void process(Record<String, Long> number) {
            TimestampedKeyValueStore<String, Long> kept = context().getStateStore("kept");
            kept.put(number.key(), ValueAndTimestamp.make(number.value(), number.timestamp()));
        }
    }
}
