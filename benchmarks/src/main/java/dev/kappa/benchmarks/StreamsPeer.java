package dev.kappa.benchmarks;

import dev.kappa.avro.AvroSerde;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.events.AdEvent;
import dev.kappa.events.Campaign;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.GroupProtocol;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;

/** The job as the documentation of Kafka Streams writes it, exactly once. Runs until it is stopped. */
public final class StreamsPeer {

    /** Tasks read their partitions at their own speed; nothing may be late for that. */
    private static final Duration GRACE = Duration.ofDays(1);

    private StreamsPeer() {}

    /**
     * Entry point.
     *
     * @param args broker, registry, name of the output topic and of the application, directory, {@code defaults},
     *     {@code tuned} or {@code streams-protocol}
     */
    public static void main(String[] args) {
        String output = args[2];
        var properties = new Properties();
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, output);
        properties.put(StreamsConfig.STATE_DIR_CONFIG, Path.of(args[3], "state").toString());
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        switch (args[4]) {
            case "tuned" -> tune(properties);
            case "streams-protocol" ->
                properties.put(StreamsConfig.GROUP_PROTOCOL_CONFIG, GroupProtocol.STREAMS.name());
            default -> {}
        }
        var builder = new StreamsBuilder();
        KTable<String, Campaign> campaigns =
                builder.table(AdEvents.CAMPAIGNS, Consumed.with(Serdes.String(), StreamsPeer.<Campaign>avro(args[1])));
        builder.stream(
                        AdEvents.TOPIC,
                        Consumed.with(Serdes.String(), StreamsPeer.<AdEvent>avro(args[1]))
                                .withTimestampExtractor((record, _) ->
                                        ((AdEvent) record.value()).getAt().toEpochMilli()))
                .filter((_, event) -> event.getEventType().equals("view"))
                .join(campaigns, (_, campaign) -> campaign.getCampaignId())
                .map((_, campaign) -> KeyValue.pair(campaign, ""))
                .groupByKey(Grouped.with(Serdes.String(), Serdes.String()))
                .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofMillis(AdEvents.WINDOW_MS), GRACE))
                .count(Materialized.as("counts"))
                .toStream((window, _) ->
                        AdEvents.result(window.key(), window.window().start()))
                .to(output, Produced.with(Serdes.String(), Serdes.Long()));
        var streams = new KafkaStreams(builder.build(), properties);
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
    }

    /** Settings that its documentation and the talks of its makers recommend for throughput. */
    private static void tune(Properties properties) {
        properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 128L << 20);
        properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1000);
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 5000);
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), 4 << 20);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 100);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 256 << 10);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
    }

    private static <T extends SpecificRecord> Serde<T> avro(String registry) {
        var serde = new AvroSerde<T>();
        serde.configure(Map.of(AvroSerdeConfig.URL, registry, AvroSerdeConfig.SPECIFIC_READER, true), false);
        return serde;
    }
}
