package dev.kappa.reprocessing.reader;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.reprocessing.cluster.TopicSettings;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.avro.Schema;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * A view's results as they change, in order for each key, of the version that is active or of a certain one. In no consumer
 * group: where it has come to is the reader's to remember. Not thread-safe.
 *
 * <p>When another version becomes active, all of its results follow.
 */
public final class ChangeFeed implements AutoCloseable {

    private static final int FETCH_BYTES = 1 << 20;

    /** An event of a feed. */
    public sealed interface Event {
        /** Where the feed is once this has been taken. */
        FeedPlace place();
    }

    /**
     * The newest result of a key.
     *
     * @param key the key; with its window where results have one
     * @param value null when the key has no result any more
     * @param time its event time
     */
    public record Change(
            FeedPlace place, JsonNode key, @Nullable JsonNode value, Instant time) implements Event {}

    /**
     * The results so far are void; all results of a version follow.
     *
     * @param before number of the version told until now
     * @param after number of the version told from now on
     */
    public record Switched(FeedPlace place, int before, int after) implements Event {}

    /**
     * The results that a feed covers.
     *
     * @param view name of the view
     * @param version a certain version; absent: whichever is active
     * @param resume where another feed had come to
     * @param all whether all results come first, where nothing is resumed
     */
    public record Subject(String view, Optional<Integer> version, Optional<FeedPlace> resume, boolean all) {}

    private final ClusterNames names;
    private final ResultJson json;
    private final Supplier<Catalog> catalog;
    private final Subject subject;
    private final InstantSource clock = InstantSource.system();
    private final Consumer<byte[], byte[]> consumer;
    private final List<Event> untold = new ArrayList<>();
    private final SortedMap<Integer, Long> offsets = new TreeMap<>();
    private @Nullable ViewVersion current;

    /** The end offsets of the results that were there before the feed began and have still to be sent. */
    private final Map<TopicPartition, Long> missed = new HashMap<>();

    private Instant wasThereAt;
    private Schema keySchema = Schema.create(Schema.Type.STRING);

    /**
     * Reads nothing yet.
     *
     * @param catalog the newest that is known
     */
    public ChangeFeed(
            KafkaSettings settings, ClusterNames names, ResultJson json, Supplier<Catalog> catalog, Subject subject) {
        this.names = names;
        this.json = json;
        this.catalog = catalog;
        this.subject = subject;
        this.wasThereAt = clock.instant();
        this.consumer = settings.consumer(Map.of(
                ConsumerConfig.CLIENT_ID_CONFIG,
                "kappa-changes",
                ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                false,
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                "earliest",
                ConsumerConfig.FETCH_MAX_BYTES_CONFIG,
                FETCH_BYTES,
                ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG,
                FETCH_BYTES / 4));
    }

    /**
     * Where the feed is: what it can be resumed from.
     *
     * @throws RefusedException when there is no such version
     */
    public FeedPlace place() {
        return placeIn(current == null ? move() : current);
    }

    private FeedPlace placeIn(ViewVersion version) {
        // Until it knows all that happened while it was away, it is as of before.
        if (missed.isEmpty()) {
            wasThereAt = clock.instant();
        }
        return new FeedPlace(version.id().number(), epochOf(version), wasThereAt, List.copyOf(offsets.values()));
    }

    /**
     * The next changes; waits for the first of them as long as the timeout.
     *
     * @throws RefusedException when the version is no more
     * @throws org.apache.kafka.common.KafkaException when the cluster does not answer or a result cannot be read
     */
    public List<Event> poll(Duration timeout) {
        ViewVersion version = move();
        List<Event> events = new ArrayList<>(untold);
        untold.clear();
        for (ConsumerRecord<byte[], byte[]> found : consumer.poll(events.isEmpty() ? timeout : Duration.ZERO)) {
            offsets.put(found.partition(), found.offset() + 1);
            byte[] value = found.value();
            events.add(new Change(
                    placeIn(version),
                    json.key(keySchema, found.topic(), Objects.requireNonNull(found.key(), "A result has a key")),
                    value == null ? null : json.value(found.topic(), value),
                    Instant.ofEpochMilli(found.timestamp())));
        }
        missed.entrySet().removeIf(partition -> consumer.position(partition.getKey()) >= partition.getValue());
        return events;
    }

    /** Goes over to another version if it is time. */
    private ViewVersion move() {
        ViewVersion wanted = wanted();
        ViewVersion before = current;
        if (before != null && before.id().equals(wanted.id()) && epochOf(before) == epochOf(wanted)) {
            return before;
        }
        current = wanted;
        keySchema = new Schema.Parser().parse(wanted.blueprint().outputKeySchema());
        var partitions = new ArrayList<TopicPartition>();
        for (int partition = 0; partition < wanted.outputPartitions(); partition++) {
            partitions.add(new TopicPartition(names.outputTopic(wanted.id()), partition));
        }
        consumer.assign(partitions);
        offsets.clear();
        missed.clear();
        missed.putAll(consumer.endOffsets(partitions));
        Optional<FeedPlace> resume = before == null ? subject.resume() : Optional.empty();
        Optional<FeedPlace> usable = resume.filter(place -> isUsable(place, wanted));
        wasThereAt = usable.map(FeedPlace::at).orElseGet(clock::instant);
        if (usable.isPresent()) {
            List<Long> reached = usable.get().offsets();
            partitions.forEach(partition -> offsets.put(partition.partition(), reached.get(partition.partition())));
        } else if (before == null && resume.isEmpty() && !subject.all()) {
            missed.forEach((partition, end) -> offsets.put(partition.partition(), end));
        } else {
            consumer.beginningOffsets(partitions)
                    .forEach((partition, begin) -> offsets.put(partition.partition(), begin));
            Optional<Integer> told = before == null
                    ? resume.map(FeedPlace::version)
                    : Optional.of(before.id().number());
            told.ifPresent(number ->
                    untold.add(new Switched(placeIn(wanted), number, wanted.id().number())));
        }
        partitions.forEach(partition -> consumer.seek(partition, offsets.getOrDefault(partition.partition(), 0L)));
        return wanted;
    }

    /** A certain version is told on whether it becomes active or not. */
    private long epochOf(ViewVersion version) {
        return subject.version().isPresent() ? 0 : version.activeSince();
    }

    private boolean isUsable(FeedPlace place, ViewVersion version) {
        return place.version() == version.id().number()
                && place.epoch() == epochOf(version)
                && place.offsets().size() == version.outputPartitions()
                && place.at().isAfter(clock.instant().minus(TopicSettings.LONGEST_ABSENCE));
    }

    private ViewVersion wanted() {
        Catalog now = catalog.get();
        if (subject.version().isEmpty()) {
            return now.active(subject.view())
                    .orElseThrow(() -> new RefusedException("View " + subject.view() + " has no active version"));
        }
        int number = subject.version().get();
        return now.versions(subject.view()).stream()
                .filter(version -> version.id().number() == number && !version.outputRemoved())
                .findFirst()
                .orElseThrow(() -> new RefusedException(
                        "View " + subject.view() + " has no version " + number + " with an output topic"));
    }

    @Override
    public void close() {
        KafkaSettings.close(consumer);
    }
}
