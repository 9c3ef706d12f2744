package dev.kappa.benchmarks;

import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.AvroSerializer;
import dev.kappa.events.AdEvent;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Views of advertisements that are dated now. */
final class LiveAds {

    private static final long PAUSE_MS = 5;

    private LiveAds() {}

    /** Sends views at a steady rate, of each advertisement in turn, until the thread is interrupted. */
    static Thread feed(Cluster cluster, int rate, int ads) {
        return Thread.ofPlatform().daemon().start(() -> {
            try (Producer<String, SpecificRecord> producer = producer(cluster)) {
                long begun = System.nanoTime();
                for (long sent = 0; true; ) {
                    for (long due = (System.nanoTime() - begun) * rate / TimeUnit.SECONDS.toNanos(1);
                            sent < due;
                            sent++) {
                        String ad = AdEvents.ad((int) (sent % ads));
                        var event = new AdEvent("user", "page", ad, "banner", "view", Instant.now());
                        Future<?> _ = producer.send(new ProducerRecord<>(AdEvents.TOPIC, ad, event));
                    }
                    Thread.sleep(PAUSE_MS);
                }
            } catch (InterruptedException done) {
                Thread.currentThread().interrupt();
            }
        });
    }

    static Producer<String, SpecificRecord> producer(Cluster cluster) {
        Serializer<SpecificRecord> values = new AvroSerializer<>();
        values.configure(Map.of(AvroSerdeConfig.URL, cluster.registry()), false);
        return new KafkaProducer<>(cluster.client(), new StringSerializer(), values);
    }
}
