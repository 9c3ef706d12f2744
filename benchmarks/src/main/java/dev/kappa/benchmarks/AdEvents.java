package dev.kappa.benchmarks;

import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.AvroSerializer;
import dev.kappa.events.AdEvent;
import dev.kappa.events.Campaign;
import dev.kappa.reprocessing.cluster.TopicCreator;
import dev.kappa.reprocessing.cluster.TopicSettings;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * The events of the Yahoo streaming benchmark, always the same for the same numbers; and what a correct job makes of them, counted
 * while they are made.
 *
 * @param events how many
 * @param campaigns how many campaigns, of ten advertisements each
 * @param spacing milliseconds of event time from one event to the next
 * @see <a href="https://github.com/yahoo/streaming-benchmarks">Yahoo streaming benchmarks</a>
 */
record AdEvents(long events, int campaigns, int spacing) {

    static final String TOPIC = "ad-events";
    static final String CAMPAIGNS = "campaigns";
    static final long WINDOW_MS = 10_000;

    private static final int ADS_OF_CAMPAIGN = 10;
    private static final long START = Instant.parse("2026-01-01T00:00:00Z").toEpochMilli();
    private static final List<String> EVENT_TYPES = List.of("view", "click", "purchase");
    private static final List<String> AD_TYPES = List.of("banner", "modal", "sponsored-search", "mail", "mobile");

    /** A thousand events for each second of event time. */
    AdEvents(long events, int campaigns) {
        this(events, campaigns, 1);
    }

    /** A result's name: campaign and start of the window. */
    static String result(String campaign, long windowStart) {
        return campaign + "@" + windowStart;
    }

    /** Writes the topics; returns the count of each {@linkplain #result result}. */
    Map<String, Long> write(Cluster cluster) throws InterruptedException, ExecutionException {
        try (Admin admin = Admin.create(cluster.client())) {
            new TopicCreator(admin).create(TOPIC, cluster.partitions(), Optional.empty(), TopicSettings.keepsAnyTime());
            new TopicCreator(admin)
                    .create(CAMPAIGNS, cluster.partitions(), Optional.empty(), TopicSettings.compacted());
        }
        Map<String, Object> settings = cluster.client();
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 20);
        settings.put(ProducerConfig.BATCH_SIZE_CONFIG, 256 << 10);
        settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
        settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 128L << 20);
        Serializer<SpecificRecord> values = new AvroSerializer<>();
        values.configure(Map.of(AvroSerdeConfig.URL, cluster.registry()), false);
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), values)) {
            for (int ad = 0; ad < campaigns * ADS_OF_CAMPAIGN; ad++) {
                var campaign = new Campaign(ad(ad), campaign(ad / ADS_OF_CAMPAIGN));
                Future<?> _ = producer.send(
                        new ProducerRecord<>(CAMPAIGNS, null, START - WINDOW_MS, ad(ad), campaign),
                        (_, e) -> failed(e));
            }
            producer.flush();
            Map<String, Long> counts = new HashMap<>();
            var random = new SplittableRandom(events);
            List<String> ids = IntStream.range(0, 100)
                    .mapToObj(_ -> new UUID(random.nextLong(), random.nextLong()).toString())
                    .toList();
            for (long event = 0; event < events; event++) {
                int ad = random.nextInt(campaigns * ADS_OF_CAMPAIGN);
                String type = EVENT_TYPES.get(random.nextInt(EVENT_TYPES.size()));
                long at = START + event * spacing;
                if (type.equals("view")) {
                    String result = result(campaign(ad / ADS_OF_CAMPAIGN), at - at % WINDOW_MS);
                    counts.merge(result, 1L, Long::sum);
                }
                var written = new AdEvent(
                        ids.get(random.nextInt(ids.size())),
                        ids.get(random.nextInt(ids.size())),
                        ad(ad),
                        AD_TYPES.get(random.nextInt(AD_TYPES.size())),
                        type,
                        Instant.ofEpochMilli(at));
                Future<?> _ =
                        producer.send(new ProducerRecord<>(TOPIC, null, at, ad(ad), written), (_, e) -> failed(e));
            }
            producer.flush();
            return counts;
        }
    }

    private static void failed(@Nullable Exception failure) {
        if (failure != null) {
            System.err.println("An event was not written: " + failure);
        }
    }

    static String ad(int number) {
        return "ad-%06d".formatted(number);
    }

    static String campaign(int number) {
        return "campaign-%05d".formatted(number);
    }
}
