package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.AvroSerializer;
import dev.kappa.events.BlockedAuthor;
import dev.kappa.events.Post;
import dev.kappa.events.Transaction;
import dev.kappa.localdev.sample.SampleEvents;
import dev.kappa.localdev.sample.SampleEvents.SampleEvent;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** Sample events, the same in every run. */
final class Samples {

    static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    static final List<SampleEvent> EVENTS =
            Stream.generate(new SampleEvents(7, START, 1)::next).limit(6_000).toList();

    private static final String COUNTS = "/api/views/hashtag-trends/stores/counts";

    private Samples() {}

    /** Sends them all. */
    static void send(LocalCluster cluster) {
        Map<String, Object> settings =
                Map.of("bootstrap.servers", cluster.kafka(), AvroSerdeConfig.URL, cluster.registry());
        var serializer = new AvroSerializer<SpecificRecord>();
        serializer.configure(settings, false);
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), serializer)) {
            EVENTS.forEach(event -> {
                var _ = producer.send(new ProducerRecord<>(event.topic(), event.key(), event.value()));
            });
        }
    }

    /** Holds once all views that read them are through; what is compared must not grow in between. */
    static void assertAllIsProcessed(LocalCluster cluster) throws Exception {
        var blocked = new HashSet<String>();
        long transactions = 0;
        long hashtags = 0;
        long posts = 0;
        for (SampleEvent event : EVENTS) {
            switch (event.value()) {
                case BlockedAuthor author -> blocked.add(author.getAuthor());
                case Transaction _ -> transactions++;
                default -> {}
            }
        }
        for (SampleEvent event : EVENTS) {
            posts += event.value() instanceof Post ? 1 : 0;
            if (event.value() instanceof Post post && !blocked.contains(post.getAuthor())) {
                hashtags += post.getHashtags().size();
            }
        }
        var counted = new LongAdder();
        var raised = new LongAdder();
        cluster.pages("/api/views/fraud-alerts/stores/profiles/entries", "entries", entry -> {
            counted.add(entry.path("value").path("count").asLong());
            raised.add(entry.path("value").path("alerts").asLong());
        });
        assertThat(counted.sumThenReset()).isEqualTo(transactions);
        // They are kept by another task than the one that raises them.
        cluster.pages("/api/views/fraud-alerts/stores/alerts/entries", "entries", _ -> counted.increment());
        assertThat(counted.sumThenReset()).isEqualTo(raised.sum());
        cluster.pages(
                COUNTS + "/windows",
                "windows",
                window -> counted.add(window.path("value").path("count").asLong()));
        assertThat(counted.sumThenReset()).isEqualTo(hashtags);
        cluster.pages(
                "/api/views/author-mood/stores/moods/entries",
                "entries",
                entry -> counted.add(entry.path("value").path("posts").asLong()));
        assertThat(counted.sum()).isEqualTo(posts);
    }
}
