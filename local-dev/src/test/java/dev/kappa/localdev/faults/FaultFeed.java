package dev.kappa.localdev.faults;

import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.AvroSerializer;
import dev.kappa.events.DeviceLocation;
import dev.kappa.events.Transaction;
import dev.kappa.localdev.sample.SampleEvents;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * A loader that does not give up: it writes sample events as they become due, each once and in order, whatever happens to brokers. Some records
 * between them are no Avro. An event that depends on a record of a table is written as soon as that one has been acknowledged.
 */
final class FaultFeed implements AutoCloseable {

    /** One record that is no Avro comes after so many events. */
    private static final int EVENTS_PER_GARBAGE = 200;

    /** The device of a customer moves after so many events; the customer then pays somewhere else. */
    private static final int EVENTS_PER_MOVE = 50;

    private static final int CUSTOMERS = 1_000;

    private final KafkaProducer<String, byte[]> producer;
    private final AvroSerializer<SpecificRecord> serializer = new AvroSerializer<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicLong acknowledged = new AtomicLong();

    /** Customers whose devices have moved, and who have not paid since. */
    private final Queue<String> moved = new ConcurrentLinkedQueue<>();

    private final Thread thread;
    private volatile boolean stopping;
    private final String garbageTopic;
    private long sent;

    /**
     * Begins.
     *
     * @param past how far in the past the first event is; these are written as fast as possible
     * @param topics only events of these are written
     * @param garbageTopic the topic that gets records that are no Avro
     */
    FaultFeed(FaultCluster cluster, long seed, int rate, Duration past, Set<String> topics, String garbageTopic) {
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
        serializer.configure(settings, false);
        this.producer = new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
        this.garbageTopic = garbageTopic;
        Instant start = Instant.now().minus(past);
        var events = new SampleEvents(seed, start, rate);
        this.thread = Thread.ofPlatform().name("feed").start(() -> feed(events, start, topics));
    }

    private void feed(SampleEvents events, Instant start, Set<String> topics) {
        try {
            boolean areTablesWritten = false;
            while (!stopping) {
                SampleEvents.SampleEvent event = events.next();
                Duration wait = Duration.between(Instant.now(), event.due());
                if (wait.isPositive()) {
                    Thread.sleep(wait);
                }
                // The records of tables come first, all due at the beginning.
                if (!areTablesWritten && event.due().isAfter(start)) {
                    producer.flush();
                    areTablesWritten = true;
                }
                if (topics.contains(event.topic())) {
                    send(event.topic(), event.key(), bytes(event.topic(), event.value()));
                    if (sent % EVENTS_PER_GARBAGE == 0) {
                        send(garbageTopic, event.key(), ("no Avro " + sent).getBytes(StandardCharsets.UTF_8));
                    }
                    if (sent % EVENTS_PER_MOVE == 0) {
                        move("customer-" + sent % CUSTOMERS);
                    }
                }
                for (String customer = moved.poll(); customer != null; customer = moved.poll()) {
                    pay(customer);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Moves the device of a customer. */
    private void move(String customer) throws InterruptedException {
        byte[] location = bytes("device-locations", new DeviceLocation(customer, 0.0, 0.0, Instant.now()));
        send("device-locations", customer, location, () -> moved.add(customer));
    }

    /** Far from the device. */
    private void pay(String customer) throws InterruptedException {
        var transaction = new Transaction(
                "tx-moved-" + sent, customer, null, BigDecimal.ONE, "EUR", 10.0, 10.0, null, Instant.now());
        send("transactions", customer, bytes("transactions", transaction));
    }

    /** The serializer asks the registry for the ids of its schemas first, which may be away. */
    private byte[] bytes(String topic, SpecificRecord value) throws InterruptedException {
        while (true) {
            try {
                return Objects.requireNonNull(serializer.serialize(topic, value));
            } catch (RuntimeException registryIsAway) {
                Thread.sleep(500);
            }
        }
    }

    private void send(String topic, String key, byte[] value) {
        send(topic, key, value, () -> {});
    }

    private void send(String topic, String key, byte[] value, Runnable onAcknowledged) {
        sent++;
        var _ = producer.send(new ProducerRecord<>(topic, key, value), (_, failure) -> {
            if (failure == null) {
                acknowledged.incrementAndGet();
                onAcknowledged.run();
            } else {
                failures.add(topic + ": " + failure);
            }
        });
    }

    /** Whether a record of an input topic is one of its events. */
    static boolean isEvent(byte[] value) {
        // Confluent's format begins with a zero.
        return value[0] == 0;
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
