package dev.kappa.reprocessing.catalog;

import dev.kappa.avro.SchemaRegistry;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.cluster.PartitionScan;
import dev.kappa.reprocessing.cluster.VersionId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the catalog's topic, from its beginning and then on. A version is at key {@code view.vN}, an entry of the audit
 * trail at {@code view@epoch}; keys are plain text, so that a record that cannot be read still says whose it is. The
 * entry is the last record of its change's transaction, and the changes before it are taken over together when it comes.
 *
 * <p>Not thread-safe.
 */
public final class CatalogLog implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(CatalogLog.class);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int FRAME_BYTES = 5;

    /** Versions are numbered one by one. A larger step would use up the numbers. */
    private static final int MAX_STEP = 1_000_000;

    private static final Pattern VERSION_KEY = Pattern.compile("(.+)\\.v([1-9]\\d{0,8})");
    private static final Pattern CHANGE_KEY = Pattern.compile("(.+)@(\\d{1,18})");

    private final TopicPartition partition;
    private final Consumer<byte[], byte[]> consumer;
    private final CatalogCodec codec;

    private final Map<VersionId, ViewVersion> versions = new HashMap<>();
    private final Map<Long, CatalogChange> changes = new TreeMap<>();
    private final Map<VersionId, String> unreadable = new LinkedHashMap<>();
    private final List<ConsumerRecord<byte[], byte[]>> pending = new ArrayList<>();
    private final AuditChain chain = new AuditChain();
    private final Map<String, Integer> numbers = new HashMap<>();
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
            change.forEach(this::apply);
            change.clear();
            catalog = new Catalog(
                    chain.epoch(),
                    List.copyOf(versions.values()),
                    List.copyOf(changes.values()),
                    unreadable(),
                    chain.breaks());
        }
        return catalog;
    }

    private int endOfChange() {
        for (int i = 0; i < pending.size(); i++) {
            if (CHANGE_KEY.matcher(key(pending.get(i))).matches()) {
                return i;
            }
        }
        return -1;
    }

    private static String key(ConsumerRecord<byte[], byte[]> found) {
        return found.key() == null ? "" : new String(found.key(), StandardCharsets.UTF_8);
    }

    private void apply(ConsumerRecord<byte[], byte[]> found) {
        Matcher change = CHANGE_KEY.matcher(key(found));
        if (change.matches()) {
            long epoch = Long.parseLong(change.group(2));
            Optional<CatalogChange> entry = decoded(found)
                    .filter(CatalogChange.class::isInstance)
                    .map(CatalogChange.class::cast)
                    .filter(readable -> readable.epoch() == epoch);
            if (chain.next(epoch, found.offset(), payload(found), entry)) {
                entry.ifPresent(readable -> changes.put(epoch, readable));
            }
            return;
        }
        Matcher version = VERSION_KEY.matcher(key(found));
        if (!version.matches()) {
            log.warn("Catalog has a record of a key that is none of ours, left alone: offset={}", found.offset());
            return;
        }
        var id = new VersionId(version.group(1), Integer.parseInt(version.group(2)));
        int highest = numbers.getOrDefault(id.view(), 0);
        if (id.number() - highest > MAX_STEP) {
            log.warn(
                    "Catalog has a version of a number that is none of ours, left alone: version={} offset={}",
                    id,
                    found.offset());
            return;
        }
        numbers.put(id.view(), Math.max(highest, id.number()));
        Optional<Object> entry = decoded(found);
        if (entry.isPresent()
                && entry.get() instanceof ViewVersion readable
                && readable.id().equals(id)) {
            versions.put(id, readable);
            unreadable.remove(id);
        } else {
            unreadable.put(
                    id,
                    "The record of " + id + " at offset " + found.offset() + " of " + partition.topic()
                            + " cannot be read: " + failure);
        }
    }

    /** What the next entry of the audit trail names as the one before it. */
    Optional<String> lastChange() {
        return chain.last();
    }

    /** The encoded record without its frame: the id of a schema may be another where a topic was copied to. */
    private static byte @Nullable [] payload(ConsumerRecord<byte[], byte[]> found) {
        byte[] value = found.value();
        return value == null || value.length < FRAME_BYTES
                ? value
                : Arrays.copyOfRange(value, FRAME_BYTES, value.length);
    }

    private String failure = "";

    private Optional<Object> decoded(ConsumerRecord<byte[], byte[]> found) {
        failure = "it is not the record of that version";
        if (found.value() == null) {
            failure = "it has been deleted";
            return Optional.empty();
        }
        try {
            return Optional.of(codec.decode(found.value()));
        } catch (SerializationException e) {
            failure = String.valueOf(e.getMessage());
            log.error(
                    "Catalog record cannot be read: topic={} key={} offset={} failure=\"{}\"",
                    partition.topic(),
                    key(found),
                    found.offset(),
                    failure);
            return Optional.empty();
        }
    }

    private Map<String, String> unreadable() {
        var views = new HashMap<String, String>();
        unreadable.forEach((id, reason) -> views.putIfAbsent(id.view(), reason));
        return views;
    }

    @Override
    public void close() {
        KafkaSettings.close(consumer);
        codec.close();
    }
}
