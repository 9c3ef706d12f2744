package dev.kappa.reprocessing.catalog;

import dev.kappa.avro.SchemaRegistry;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.cluster.PartitionScan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * Reads the catalog's topic, from its beginning and then on. A version is at key {@code view.vN}, an entry of the audit
 * trail at {@code view@epoch}; keys are plain text, so that a record that cannot be read still says whose it is. The
 * entry is the last record of its change's transaction, and the changes before it are taken over together when it comes.
 *
 * <p>Not thread-safe.
 */
public final class CatalogLog implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final TopicPartition partition;
    private final Consumer<byte[], byte[]> consumer;
    private final CatalogCodec codec;
    private final CatalogContent content;
    private final List<ConsumerRecord<byte[], byte[]>> pending = new ArrayList<>();
    private Catalog catalog = Catalog.EMPTY;

    /** Reads nothing yet. The registry is the caller's to close. */
    public CatalogLog(KafkaSettings settings, ClusterNames names, SchemaRegistry registry) {
        this.partition = new TopicPartition(names.catalogTopic(), 0);
        this.consumer = settings.consumer(Map.of(
                ConsumerConfig.CLIENT_ID_CONFIG,
                names.catalogTopic() + "-reader",
                ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                false,
                ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                (int) PATIENCE.toMillis()));
        this.codec = new CatalogCodec(names.catalogTopic(), settings, registry);
        this.content = new CatalogContent(names.catalogTopic(), codec);
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
    }

    /**
     * The catalog with everything that was committed before the call.
     *
     * @throws TimeoutException when the broker does not answer in time
     * @throws dev.kappa.avro.SchemaRegistryUnavailableException when the registry is unavailable; the call can be repeated
     */
    public Catalog readToEnd() {
        new PartitionScan(consumer, consumer.endOffsets(List.of(partition)), PATIENCE).forEachPolled(pending::add);
        return poll(Duration.ZERO);
    }

    /**
     * Waits for changes and takes them over. During the first reading, what it returns may lie in the past.
     *
     * @throws dev.kappa.avro.SchemaRegistryUnavailableException when the registry is unavailable; the call can be repeated
     */
    public Catalog poll(Duration timeout) {
        consumer.poll(timeout).forEach(pending::add);
        while (!pending.isEmpty()) {
            int end = endOfChange();
            if (end < 0 && consumer.currentLag(partition).orElse(1) > 0) {
                break;
            }
            // Applied before it is removed: when the registry is unavailable, the next poll finds it here.
            List<ConsumerRecord<byte[], byte[]>> change = pending.subList(0, end < 0 ? pending.size() : end + 1);
            change.forEach(content::apply);
            change.clear();
            catalog = content.catalog();
        }
        return catalog;
    }

    private int endOfChange() {
        for (int i = 0; i < pending.size(); i++) {
            if (CatalogContent.isChange(pending.get(i))) {
                return i;
            }
        }
        return -1;
    }

    /** What the next entry of the audit trail names as the one before it. */
    Optional<String> lastChange() {
        return content.lastChange();
    }

    @Override
    public void close() {
        KafkaSettings.close(consumer);
        codec.close();
    }
}
