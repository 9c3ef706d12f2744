package dev.kappa.reprocessing.fleet;

import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.HeaderText;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.cluster.PartitionScan;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;

/** Finds instances by what they report to the cluster; needs no schema registry. */
public final class Servers {

    private static final Duration PATIENCE = Duration.ofSeconds(15);

    /** Reports that are looked at: those of a minute, of dozens of instances. */
    private static final long NEWEST = 2_000;

    private Servers() {}

    /**
     * Where the instance is reached that has reported last, as {@code http://HOST:PORT}; empty when none runs.
     *
     * @throws org.apache.kafka.common.KafkaException when the cluster does not answer
     */
    public static Optional<String> find(KafkaSettings settings, ClusterNames names) {
        var partition = new TopicPartition(names.instancesTopic(), 0);
        Consumer<byte[], byte[]> consumer = settings.scanner(names.instancesTopic() + "-finder");
        try {
            if (consumer.partitionsFor(partition.topic()).isEmpty()) {
                return Optional.empty();
            }
            List<TopicPartition> only = List.of(partition);
            consumer.assign(only);
            long begin = consumer.beginningOffsets(only).getOrDefault(partition, 0L);
            long end = consumer.endOffsets(only).getOrDefault(partition, 0L);
            consumer.seek(partition, Math.max(begin, end - NEWEST));
            var heard = new HashMap<String, Heard>();
            new PartitionScan(consumer, Map.of(partition, end), PATIENCE).forEach(report -> {
                String instance = report.key() == null ? "" : new String(report.key(), StandardCharsets.UTF_8);
                heard.put(instance, new Heard(HeaderText.of(report.headers(), Reporter.SERVER), report.timestamp()));
            });
            return heard.values().stream()
                    .filter(report -> report.server().isPresent())
                    .max(Comparator.comparingLong(Heard::at))
                    .flatMap(Heard::server);
        } finally {
            KafkaSettings.close(consumer);
        }
    }

    /** The last report of an instance. */
    private record Heard(Optional<String> server, long at) {}
}
