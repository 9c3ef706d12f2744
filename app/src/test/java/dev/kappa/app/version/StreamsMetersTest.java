package dev.kappa.app.version;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.junit.jupiter.api.Test;

class StreamsMetersTest {

    @Test
    void closeWaitsForALookThatIsUnderWay() throws Exception {
        var builder = new StreamsBuilder();
        builder.table("table");
        var properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "meters");
        // Never connected to: the client is not started.
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "127.0.0.1:1");
        properties.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        properties.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        var registry = new SimpleMeterRegistry();
        var scheduler = Executors.newSingleThreadScheduledExecutor();
        var looks = new CountDownLatch(1);
        var isClosing = new CountDownLatch(1);
        try (var streams = new KafkaStreams(builder.build(), properties)) {
            var meters = new StreamsMeters(streams, Tags.of("view", "trends"), registry, scheduler);
            assertThat(registry.getMeters()).isNotEmpty();
            // A look for new metrics is under way when the version is closed.
            var _ = scheduler.submit(() -> {
                looks.countDown();
                while (isClosing.getCount() > 0) {
                    Thread.onSpinWait();
                }
            });
            looks.await();
            Thread closing = Thread.ofPlatform().start(meters::close);
            while (closing.getState() != Thread.State.TIMED_WAITING) {
                Thread.onSpinWait();
            }
            isClosing.countDown();
            closing.join();
        }
        assertThat(scheduler.isTerminated()).isTrue();
        assertThat(registry.getMeters()).isEmpty();
    }
}
