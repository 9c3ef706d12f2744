package dev.kappa.localdev.sample;

import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.AvroSerializer;
import dev.kappa.events.Post;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.StringSerializer;

/** Sends sample events as they become due, on a thread of its own, until closed. */
public final class SampleFeed implements AutoCloseable {

    private static final long SEED = 42;

    /** A post that no view accepts comes after so many events, and then once in so many. */
    private static final int FIRST_REFUSED = 100;

    private static final int EVENTS_PER_REFUSED = 2_000;

    private final KafkaProducer<String, SpecificRecord> producer;
    private final Thread thread;

    private SampleFeed(KafkaProducer<String, SpecificRecord> producer, SampleEvents events) {
        this.producer = producer;
        this.thread = Thread.ofPlatform().daemon().name("kappa-sample-feed").unstarted(() -> feed(events));
    }

    /** Starts feeding. */
    public static SampleFeed start(String kafka, String registry, int rate) {
        Map<String, Object> settings = Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, kafka,
                ProducerConfig.LINGER_MS_CONFIG, 5,
                AvroSerdeConfig.URL, registry);
        var serializer = new AvroSerializer<SpecificRecord>();
        serializer.configure(settings, false);
        var feed = new SampleFeed(
                new KafkaProducer<>(settings, new StringSerializer(), serializer),
                new SampleEvents(SEED, Instant.now(), rate));
        feed.thread.start();
        return feed;
    }

    private void feed(SampleEvents events) {
        try {
            for (long sent = 0; !Thread.currentThread().isInterrupted(); sent++) {
                SampleEvents.SampleEvent event = events.next();
                Duration wait = Duration.between(Instant.now(), event.due());
                if (wait.isPositive()) {
                    Thread.sleep(wait);
                }
                send(event.topic(), event.key(), event.value());
                if (sent % EVENTS_PER_REFUSED == FIRST_REFUSED) {
                    Post ahead = ofWrongClock(sent);
                    send("posts", ahead.getPostId(), ahead);
                }
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } catch (KafkaException e) {
            if (!Thread.currentThread().isInterrupted()) {
                System.err.println("kappa: no more sample events: " + e.getMessage());
            }
        }
    }

    private void send(String topic, String key, SpecificRecord value) {
        var _ = producer.send(new ProducerRecord<>(topic, key, value), (_, failure) -> {
            if (failure != null) {
                System.err.println("kappa: sample event not sent: " + failure.getMessage());
            }
        });
    }

    /** A post from a phone whose clock is a year ahead: an example of a dead letter. */
    private static Post ofWrongClock(long number) {
        Instant now = Instant.now();
        return new Post(
                "post-" + now.toEpochMilli() + "-" + number,
                "author-1",
                "Sent from the future",
                List.of("#kafka"),
                now.plus(Duration.ofDays(365)));
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        producer.close(Duration.ofSeconds(5));
    }
}
