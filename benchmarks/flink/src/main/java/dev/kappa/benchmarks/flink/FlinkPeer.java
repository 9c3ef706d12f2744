package dev.kappa.benchmarks.flink;

import dev.kappa.avro.AvroDeserializer;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.events.AdEvent;
import dev.kappa.events.Campaign;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.streaming.api.datastream.WindowedStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.triggers.CountTrigger;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * The job as a user of Flink writes it, exactly once, a checkpoint each second. Of history it reads what is there and ends: its
 * windows are then all complete. Live it goes on, and fires for each event. Campaigns are looked up in a map that is read at the start, which is less work than to join a stream.
 */
public final class FlinkPeer {

    private static final long WINDOW_MS = 10_000;
    private static final Duration OUT_OF_ORDER = Duration.ofMinutes(10);
    private static final int PARALLELISM = 2;

    private FlinkPeer() {}

    /**
     * Entry point.
     *
     * @param args broker, registry, output topic, directory, {@code history} or {@code live}, state backend
     */
    public static void main(String[] args) throws Exception {
        String kafka = args[0];
        String registry = args[1];
        String output = args[2];
        boolean live = args[4].equals("live");
        var settings = new Configuration();
        settings.set(StateBackendOptions.STATE_BACKEND, args[5]);
        settings.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
        settings.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY,
                Path.of(args[3], "checkpoints").toUri().toString());
        settings.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
        settings.set(PipelineOptions.OBJECT_REUSE, true);
        StreamExecutionEnvironment flink = StreamExecutionEnvironment.getExecutionEnvironment(settings);
        flink.setParallelism(PARALLELISM);
        flink.enableCheckpointing(1000, CheckpointingMode.EXACTLY_ONCE);

        KafkaSourceBuilder<Tuple3<String, String, Long>> source = KafkaSource.<Tuple3<String, String, Long>>builder()
                .setBootstrapServers(kafka)
                .setTopics("ad-events")
                .setGroupId(output)
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setDeserializer(new Events(registry));
        if (!live) {
            source.setBounded(OffsetsInitializer.latest());
        }
        WindowedStream<Tuple2<String, Long>, String, TimeWindow> windows = flink.fromSource(
                        source.build(),
                        WatermarkStrategy.<Tuple3<String, String, Long>>forBoundedOutOfOrderness(OUT_OF_ORDER)
                                .withTimestampAssigner((event, _) -> event.f2),
                        "ad-events")
                .filter(event -> event.f1.equals("view"))
                .flatMap(new CampaignOf(kafka, registry))
                .keyBy(event -> event.f0)
                .window(TumblingEventTimeWindows.of(Duration.ofMillis(WINDOW_MS)));
        if (live) {
            windows.trigger(CountTrigger.of(1));
        }
        windows.aggregate(new Count(), new Named())
                .sinkTo(KafkaSink.<Tuple2<String, Long>>builder()
                        .setBootstrapServers(kafka)
                        .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
                        .setTransactionalIdPrefix(output)
                        .setProperty("transaction.timeout.ms", "600000")
                        .setRecordSerializer(new Results(output))
                        .build());
        flink.execute(output);
    }

    private static <T> Deserializer<T> avro(String registry) {
        var deserializer = new AvroDeserializer<T>();
        deserializer.configure(Map.of(AvroSerdeConfig.URL, registry, AvroSerdeConfig.SPECIFIC_READER, true), false);
        return deserializer;
    }

    /** Advertisement, type and time of an event: what the job needs. */
    private static final class Events implements KafkaRecordDeserializationSchema<Tuple3<String, String, Long>> {
        private static final long serialVersionUID = 1L;
        private final String registry;

        @SuppressWarnings("NullAway.Init") // Made when it is first used, where the job runs.
        private transient Deserializer<AdEvent> avro;

        Events(String registry) {
            this.registry = registry;
        }

        @Override
        public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<Tuple3<String, String, Long>> out) {
            if (avro == null) {
                avro = avro(registry);
            }
            AdEvent event = avro.deserialize(record.topic(), record.value());
            out.collect(Tuple3.of(
                    event.getAdId(), event.getEventType(), event.getAt().toEpochMilli()));
        }

        @Override
        public TypeInformation<Tuple3<String, String, Long>> getProducedType() {
            return Types.TUPLE(Types.STRING, Types.STRING, Types.LONG);
        }
    }

    /** The campaign in the place of the advertisement. */
    private static final class CampaignOf
            extends RichFlatMapFunction<Tuple3<String, String, Long>, Tuple2<String, Long>> {
        private static final long serialVersionUID = 1L;
        private final String kafka;
        private final String registry;
        private final HashMap<String, String> campaigns = new HashMap<>();

        CampaignOf(String kafka, String registry) {
            this.kafka = kafka;
            this.registry = registry;
        }

        @Override
        public void open(OpenContext context) {
            Deserializer<Campaign> avro = avro(registry);
            Map<String, Object> settings = Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, kafka);
            try (var consumer =
                    new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
                List<TopicPartition> partitions = consumer.partitionsFor("campaigns").stream()
                        .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                        .toList();
                consumer.assign(partitions);
                consumer.seekToBeginning(partitions);
                Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
                while (partitions.stream()
                        .anyMatch(partition -> consumer.position(partition) < ends.getOrDefault(partition, 0L))) {
                    consumer.poll(Duration.ofMillis(100)).forEach(record -> {
                        Campaign campaign = avro.deserialize(record.topic(), record.value());
                        campaigns.put(campaign.getAdId(), campaign.getCampaignId());
                    });
                }
            }
        }

        @Override
        public void flatMap(Tuple3<String, String, Long> event, Collector<Tuple2<String, Long>> out) {
            String campaign = campaigns.get(event.f0);
            if (campaign != null) {
                out.collect(Tuple2.of(campaign, event.f2));
            }
        }
    }

    /** Counts. */
    private static final class Count implements AggregateFunction<Tuple2<String, Long>, Long, Long> {
        private static final long serialVersionUID = 1L;

        @Override
        public Long createAccumulator() {
            return 0L;
        }

        @Override
        public Long add(Tuple2<String, Long> event, Long count) {
            return count + 1;
        }

        @Override
        public Long getResult(Long count) {
            return count;
        }

        @Override
        public Long merge(Long some, Long others) {
            return some + others;
        }
    }

    /** Campaign and window of a count. */
    private static final class Named extends ProcessWindowFunction<Long, Tuple2<String, Long>, String, TimeWindow> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(
                String campaign, Context context, Iterable<Long> counts, Collector<Tuple2<String, Long>> out) {
            out.collect(Tuple2.of(
                    campaign + "@" + context.window().getStart(),
                    counts.iterator().next()));
        }
    }

    /** Results as bytes. */
    private static final class Results implements KafkaRecordSerializationSchema<Tuple2<String, Long>> {
        private static final long serialVersionUID = 1L;
        private final String topic;

        Results(String topic) {
            this.topic = topic;
        }

        @Override
        public ProducerRecord<byte[], byte[]> serialize(
                Tuple2<String, Long> result, KafkaSinkContext context, Long timestamp) {
            return new ProducerRecord<>(
                    topic,
                    result.f0.getBytes(StandardCharsets.UTF_8),
                    ByteBuffer.allocate(Long.BYTES).putLong(result.f1).array());
        }
    }
}
