package dev.kappa.reprocessing.reader;

import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.HttpSchemaRegistry;
import dev.kappa.avro.SchemaRegistry;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.CatalogLog;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.cluster.PositionNote;
import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.reprocessing.cluster.VersionId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the results of a view as they change, as a consumer group, always of the version that is active: after a switch it
 * goes over to the new version's output topic by itself and says so.
 *
 * <pre>{@code
 * try (var reader = ViewReader.open(settings, "", "hashtag-trends", "my-group", Policy.FROM_START, keys, values,
 *         event -> event.partitions().forEach(partition -> state.remove(partition)))) {
 *     while (running) {
 *         for (ViewReader.Result<String, HashtagCount> result : reader.poll(Duration.ofSeconds(1))) {
 *             state.computeIfAbsent(result.partition(), _ -> new HashMap<>()).put(result.key(), result.value());
 *         }
 *     }
 * }
 * }</pre>
 *
 * <p>Delivery is at least once: what a poll returned counts as processed when the next poll begins, or the reader is
 * closed. Not thread-safe; every call by the same thread, as with a Kafka consumer.
 *
 * @param <K> keys of the results
 * @param <V> values of the results
 */
public final class ViewReader<K, V> implements AutoCloseable {

    /** Where a reader begins in a version that has become active. */
    public enum Policy {
        /** At the beginning: every result of the new version comes. What was kept of the old one is to be dropped. */
        FROM_START,
        /**
         * At the event time reached in the old version, 100 to 199 results before it. Results of times that were passed may come again,
         * and are marked; earlier results of the new version do not come.
         */
        CONTINUE
    }

    /**
     * The newest result of a key.
     *
     * @param version the version it is of
     * @param partition the partition of the version's output that it comes from; a key is in the same one in every version
     * @param key the key
     * @param value null when the key has no result any more
     * @param eventTime its time
     * @param mayRepeat whether it is of a time that had been passed in the version before, after {@link Policy#CONTINUE}
     */
    public record Result<K, V>(
            VersionId version,
            int partition,
            K key,
            @Nullable V value,
            Instant eventTime,
            boolean mayRepeat) {}

    /**
     * Another version has become active, and this reader begins to read partitions of it; the results of these after this call are
     * of that version. With {@link Policy#FROM_START}, what was kept of these partitions is to be dropped. A reader that is started
     * again continues, and is told nothing. When the partitions of a group move, its members are told only of those that none of them
     * has begun to read.
     *
     * <p>When both versions are the same, the group was away for days and may have missed that keys were deleted: what was kept of
     * these partitions is to be dropped, whatever the policy, and all results come again.
     *
     * @param before the version read until now
     * @param after the version read from now on
     * @param epoch the catalog's epoch of the switch
     * @param policy where the reading begins
     * @param partitions numbers of the partitions of which reading begins anew
     */
    public record Switched(VersionId before, VersionId after, long epoch, Policy policy, Set<Integer> partitions) {
        public Switched {
            partitions = Set.copyOf(partitions);
        }
    }

    /** Told of switches, on the thread that polls. */
    @FunctionalInterface
    public interface Listener {
        void switched(Switched event);
    }

    /** Far less than {@link dev.kappa.reprocessing.cluster.TopicSettings#LONGEST_ABSENCE}. */
    private static final Duration REFRESH = Duration.ofHours(1);

    private final ClusterNames names;
    private final String view;
    private final Deserializer<K> keys;
    private final Deserializer<V> values;
    private final SchemaRegistry registry;
    private final CatalogLog catalogLog;
    private final Consumer<byte[], byte[]> consumer;

    private @Nullable ViewVersion current;
    private final Map<TopicPartition, OffsetAndMetadata> delivered = new HashMap<>();
    private final GroupCommits commits;
    private final PartitionPlaces places;
    private long refreshedAt = System.nanoTime();

    private ViewReader(
            KafkaSettings settings,
            ClusterNames names,
            String view,
            String group,
            Policy policy,
            Deserializer<K> keys,
            Deserializer<V> values,
            Listener listener) {
        this.names = names;
        this.view = view;
        this.keys = keys;
        this.values = values;
        this.registry = new HttpSchemaRegistry(AvroSerdeConfig.from(settings.values()));
        this.catalogLog = new CatalogLog(settings, names, registry);
        this.consumer = settings.consumer(Map.of(
                ConsumerConfig.GROUP_ID_CONFIG,
                group,
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                "earliest",
                ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                false));
        this.commits = new GroupCommits(consumer);
        this.places = new PartitionPlaces(consumer, commits, policy, listener);
    }

    /**
     * Opens a reader; it begins to read with the first poll.
     *
     * @param settings settings of Kafka's clients and of the schema registry
     * @param prefix what stands before the names on the cluster ({@code kappa.prefix})
     * @param view name of the view
     * @param group consumer group; readers with the same share the partitions
     * @param policy where to begin after a switch
     * @param keys deserializer of the output's keys, configured
     * @param values deserializer of the output's values, configured
     * @param listener told of switches
     */
    public static <K, V> ViewReader<K, V> open(
            Map<String, Object> settings,
            String prefix,
            String view,
            String group,
            Policy policy,
            Deserializer<K> keys,
            Deserializer<V> values,
            Listener listener) {
        return new ViewReader<>(
                new KafkaSettings(settings), new ClusterNames(prefix), view, group, policy, keys, values, listener);
    }

    /**
     * The results that have come, waiting for some as long as the timeout.
     *
     * @throws RefusedException when the view does not exist or has no active version
     * @throws TimeoutException when brokers do not answer; the next poll tries again, and nothing is left out
     * @throws org.apache.kafka.common.errors.SerializationException when a result cannot be read
     */
    public List<Result<K, V>> poll(Duration timeout) {
        commits.add(delivered);
        delivered.clear();
        ViewVersion version = current;
        ViewVersion active = active(version == null ? catalogLog.readToEnd() : catalogLog.poll(Duration.ZERO));
        if (version == null || active.activeSince() != version.activeSince()) {
            commits.commit();
            // Where that was not possible, this member remembers what it has read.
            commits.forgetAll();
            moveTo(active);
        } else if (commits.isDue()) {
            if (System.nanoTime() - refreshedAt > REFRESH.toNanos()) {
                // Partitions without news have been read, too.
                places.toBeCommitted();
                refreshedAt = System.nanoTime();
            }
            commits.commit();
        }
        places.placeIfPossible();
        var results = new ArrayList<Result<K, V>>();
        ConsumerRecords<byte[], byte[]> batch = consumer.poll(timeout);
        Map<TopicPartition, PositionNote> notesBefore = places.allNotes();
        try {
            batch.forEach(found -> take(found, active, results));
        } catch (RuntimeException e) {
            // Nothing of the batch has been handed out; the next poll begins with it again.
            batch.partitions()
                    .forEach(partition -> consumer.seek(
                            partition, batch.records(partition).getFirst().offset()));
            places.restore(notesBefore);
            delivered.clear();
            throw e;
        }
        return results;
    }

    private void take(ConsumerRecord<byte[], byte[]> found, ViewVersion version, List<Result<K, V>> results) {
        var partition = new TopicPartition(found.topic(), found.partition());
        // Right after a switch, a record of the old topic may have been fetched already.
        if (places.isPlaced(partition)) {
            results.add(new Result<>(
                    version.id(),
                    found.partition(),
                    Objects.requireNonNull(keys.deserialize(found.topic(), found.key())),
                    values.deserialize(found.topic(), found.value()),
                    Instant.ofEpochMilli(found.timestamp()),
                    found.timestamp() <= places.note(partition).passed()));
            delivered.put(partition, places.advance(partition, found.timestamp(), found.offset() + 1));
        }
    }

    private ViewVersion active(Catalog catalog) {
        return catalog.active(view)
                .orElseThrow(() -> new RefusedException(
                        "View " + view + " has no active version; there are the views " + catalog.views()));
    }

    private void moveTo(ViewVersion active) {
        Optional<ReadingPlan.Before> committed = readBefore(active);
        Optional<ReadingPlan.Before> before = current == null
                ? committed
                : Optional.of(ReadingPlan.Before.of(committed, current.id(), current.activeSince(), places.notes()));
        current = active;
        places.moveTo(active, names.outputTopic(active.id()), before);
    }

    /** The latest commit of the group for a version other than the active one. */
    private Optional<ReadingPlan.Before> readBefore(ViewVersion active) {
        var committed = new HashMap<VersionId, Map<Integer, PositionNote>>();
        for (ViewVersion version : catalogLog.poll(Duration.ZERO).versions(view)) {
            if (version.outputRemoved() || version.activeSince() == 0) {
                continue;
            }
            Set<TopicPartition> partitions = new HashSet<>();
            for (int partition = 0; partition < version.outputPartitions(); partition++) {
                partitions.add(new TopicPartition(names.outputTopic(version.id()), partition));
            }
            var notesOfVersion = new HashMap<Integer, PositionNote>();
            consumer.committed(partitions)
                    .forEach((partition, offset) -> notesOfVersion.put(partition.partition(), PositionNote.of(offset)));
            committed.put(version.id(), notesOfVersion);
        }
        return ReadingPlan.before(committed, active.activeSince());
    }

    /** Commits what was processed, and leaves the group. */
    @Override
    public void close() {
        commits.add(delivered);
        commits.commit();
        consumer.close();
        catalogLog.close();
        registry.close();
    }
}
