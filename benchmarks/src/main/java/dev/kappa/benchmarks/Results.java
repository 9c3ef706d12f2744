package dev.kappa.benchmarks;

import dev.kappa.avro.AvroDeserializer;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.reprocessing.cluster.TopicCreator;
import dev.kappa.results.CampaignCount;
import dev.kappa.results.WindowedKey;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Deserializer;

/** The committed output of a contender, as a reader sees it: the newest count of each result. */
final class Results implements AutoCloseable {

    private static final Duration POLL = Duration.ofMillis(20);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final boolean avro;
    private final Deserializer<WindowedKey> keys = new AvroDeserializer<>();
    private final Deserializer<CampaignCount> values = new AvroDeserializer<>();
    private final Map<String, Long> counts = new HashMap<>();
    private final String topic;
    private OnCount onCount = (_, _, _) -> {};
    private long total;
    private long records;
    private long first;

    /** Told of each count that is read. */
    interface OnCount {
        /**
         * A result has a new count.
         *
         * @param increase over the one before
         * @param at when it was read, by the clock of {@link System#nanoTime}
         */
        void counted(String result, long increase, long at);
    }

    /** Says who is to be told of counts. */
    void onCount(OnCount told) {
        onCount = told;
    }

    /** Begins to read; the topic is made where the contender leaves that to others. */
    static Results of(Cluster cluster, Contender contender, String run) throws Exception {
        if (!contender.isKappa()) {
            try (Admin admin = Admin.create(cluster.client())) {
                new TopicCreator(admin).create(contender.output(run), cluster.partitions(), Optional.empty(), Map.of());
            }
        }
        return new Results(cluster, contender.output(run), contender.isKappa());
    }

    /**
     * Begins to read.
     *
     * @param avro whether results are as Kappa writes them
     */
    Results(Cluster cluster, String topic, boolean avro) {
        this.topic = topic;
        this.avro = avro;
        Map<String, Object> settings = cluster.client();
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, "results-of-" + topic);
        settings.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, 500);
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 10_000);
        consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        Map<String, Object> serde =
                Map.of(AvroSerdeConfig.URL, cluster.registry(), AvroSerdeConfig.SPECIFIC_READER, true);
        keys.configure(serde, true);
        values.configure(serde, false);
    }

    /** Reads until the counts add up to a number, or for as long as is said. */
    void await(long expected, BooleanSupplier goOn) {
        consumer.subscribe(List.of(topic));
        while (total < expected && goOn.getAsBoolean()) {
            consumer.poll(POLL).forEach(this::add);
        }
    }

    private void add(ConsumerRecord<byte[], byte[]> record) {
        String result;
        long count;
        if (avro) {
            WindowedKey key = keys.deserialize(record.topic(), record.key());
            result = AdEvents.result(key.getKey(), key.getStart().toEpochMilli());
            count = record.value() == null
                    ? 0
                    : values.deserialize(record.topic(), record.value()).getCount();
        } else {
            result = new String(record.key(), StandardCharsets.UTF_8);
            count = ByteBuffer.wrap(record.value()).getLong();
        }
        Long before = counts.put(result, count);
        long increase = count - (before == null ? 0 : before);
        total += increase;
        onCount.counted(result, increase, System.nanoTime());
        first = records++ == 0 ? System.nanoTime() : first;
    }

    Map<String, Long> counts() {
        return counts;
    }

    /** Sum of the counts. */
    long total() {
        return total;
    }

    /** Records read, of which the counts are the newest. */
    long records() {
        return records;
    }

    /** When the first record was read, by the clock of {@link System#nanoTime}. */
    long first() {
        return first;
    }

    @Override
    public void close() {
        consumer.close();
        keys.close();
        values.close();
    }
}
