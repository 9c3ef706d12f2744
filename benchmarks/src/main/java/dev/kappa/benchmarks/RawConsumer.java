package dev.kappa.benchmarks;

import dev.kappa.avro.AvroDeserializer;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.events.AdEvent;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * The least that anybody does who has ad events read: two threads consume and decode all of them. Does so twice, the second time
 * with its code compiled, and prints the seconds of each.
 */
public final class RawConsumer {

    private static final int THREADS = 2;
    private static final Duration POLL = Duration.ofSeconds(1);

    private RawConsumer() {}

    /** Entry point: bootstrap server, registry, number of partitions. */
    public static void main(String[] args) throws Exception {
        int partitions = Integer.parseInt(args[2]);
        for (int turn = 0; turn < 2; turn++) {
            long begun = System.nanoTime();
            long seen = 0;
            try (var executor = Executors.newFixedThreadPool(THREADS)) {
                List<Callable<Long>> readers = IntStream.range(0, THREADS)
                        .<Callable<Long>>mapToObj(thread -> () -> read(
                                args[0],
                                args[1],
                                IntStream.range(0, partitions)
                                        .filter(partition -> partition % THREADS == thread)
                                        .mapToObj(partition -> new TopicPartition(AdEvents.TOPIC, partition))
                                        .toList()))
                        .toList();
                for (Future<Long> reader : executor.invokeAll(readers)) {
                    seen += reader.get();
                }
            }
            System.out.printf("%.3f %d%n", (System.nanoTime() - begun) / 1e9, seen);
        }
    }

    /** Reads to the end; how many events {@link SeenAds} has. */
    private static long read(String kafka, String registry, List<TopicPartition> partitions) {
        var settings = new HashMap<String, Object>();
        settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, kafka);
        var values = new AvroDeserializer<AdEvent>();
        values.configure(Map.of(AvroSerdeConfig.URL, registry, AvroSerdeConfig.SPECIFIC_READER, true), false);
        long seen = 0;
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), values)) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (ConsumerRecord<String, AdEvent> record : consumer.poll(POLL)) {
                    if (SeenAds.has(record.value())) {
                        seen++;
                    }
                }
            }
        }
        return seen;
    }
}
