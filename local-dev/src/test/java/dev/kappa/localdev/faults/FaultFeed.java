package dev.kappa.localdev.faults;

import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.AvroSerializer;
import dev.kappa.localdev.sample.SampleEvents;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** A loader that does not give up: it writes sample events as they become due, each once and in order, whatever happens to brokers. */
final class FaultFeed implements AutoCloseable {

    private final KafkaProducer<String, SpecificRecord> producer;
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicLong acknowledged = new AtomicLong();
    private final Thread thread;
    private volatile boolean stopping;
    private long sent;

    /**
     * Begins.
     *
     * @param topics only events of these are written
     */
    FaultFeed(FaultCluster cluster, long seed, int rate, Set<String> topics) {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers",
                cluster.kafka(),
                "acks",
                "all",
                "enable.idempotence",
                true,
                "delivery.timeout.ms",
                (int) Duration.ofHours(1).toMillis(),
                "max.block.ms",
                Duration.ofHours(1).toMillis(),
                AvroSerdeConfig.URL,
                cluster.registryAddress());
        var serializer = new AvroSerializer<SpecificRecord>();
        serializer.configure(settings, false);
        this.producer = new KafkaProducer<>(settings, new StringSerializer(), serializer);
        this.thread =
                Thread.ofPlatform().name("feed").start(() -> feed(new SampleEvents(seed, Instant.now(), rate), topics));
    }

    private void feed(SampleEvents events, Set<String> topics) {
        try {
            while (!stopping) {
                SampleEvents.SampleEvent event = events.next();
                Duration wait = Duration.between(Instant.now(), event.due());
                if (wait.isPositive()) {
                    Thread.sleep(wait);
                }
                if (topics.contains(event.topic())) {
                    send(event);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The serializer asks the registry for the ids of its schemas first, which may be away. */
    private void send(SampleEvents.SampleEvent event) throws InterruptedException {
        while (true) {
            try {
                var _ = producer.send(new ProducerRecord<>(event.topic(), event.key(), event.value()), (_, failure) -> {
                    if (failure == null) {
                        acknowledged.incrementAndGet();
                    } else {
                        failures.add(event.topic() + ": " + failure);
                    }
                });
                sent++;
                return;
            } catch (RuntimeException registryIsAway) {
                Thread.sleep(500);
            }
        }
    }

    long acknowledged() {
        return acknowledged.get();
    }

    /** Stops, and returns once every event is acknowledged; what was not is among the failures. */
    List<String> end() throws InterruptedException {
        stopping = true;
        thread.join();
        producer.flush();
        if (acknowledged.get() != sent) {
            failures.add("sent " + sent + ", acknowledged " + acknowledged.get());
        }
        return List.copyOf(failures);
    }

    @Override
    public void close() {
        stopping = true;
        thread.interrupt();
        producer.close(Duration.ZERO);
    }
}
