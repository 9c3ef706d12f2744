package dev.kappa.app.version;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.kafka.KafkaStreamsMetrics;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.streams.KafkaStreams;

/**
 * The metrics of Kafka Streams, its clients and RocksDB as meters, from birth to close. Micrometer's binder looks for new metrics once a
 * minute, and its close does not wait for such a look: what the look registers afterwards would never be removed. This one waits.
 */
final class StreamsMeters implements AutoCloseable {

    private final ScheduledExecutorService scheduler;
    private final KafkaStreamsMetrics binder;

    StreamsMeters(KafkaStreams streams, Tags tags, MeterRegistry registry) {
        this(
                streams,
                tags,
                registry,
                Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform()
                        .daemon()
                        .name("kappa-streams-meters")
                        .factory()));
    }

    /** The same with a scheduler that is closed with it. */
    StreamsMeters(KafkaStreams streams, Tags tags, MeterRegistry registry, ScheduledExecutorService scheduler) {
        this.scheduler = scheduler;
        this.binder = new KafkaStreamsMetrics(streams, tags, scheduler);
        binder.bindTo(registry);
    }

    /** Removes the meters, once no look is under way. */
    @Override
    public void close() {
        scheduler.shutdownNow();
        boolean isInterrupted = false;
        while (true) {
            try {
                if (scheduler.awaitTermination(1, TimeUnit.MINUTES)) {
                    break;
                }
            } catch (InterruptedException e) {
                isInterrupted = true;
            }
        }
        binder.close();
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
