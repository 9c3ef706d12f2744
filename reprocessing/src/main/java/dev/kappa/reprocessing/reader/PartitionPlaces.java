package dev.kappa.reprocessing.reader;

import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.PositionNote;
import dev.kappa.reprocessing.cluster.VersionId;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a member of a {@link ViewReader}'s group reads in each of its partitions. A partition that has come to the member is placed once it is decided
 * where its reading begins. Not thread-safe.
 */
final class PartitionPlaces {

    private static final Logger log = LoggerFactory.getLogger(PartitionPlaces.class);

    private final Consumer<byte[], byte[]> consumer;
    private final GroupCommits commits;
    private final ViewReader.Policy policy;
    private final ViewReader.Listener listener;
    private final InstantSource clock = InstantSource.system();
    private final Map<TopicPartition, PositionNote> notes = new HashMap<>();
    private final Set<TopicPartition> unplaced = new HashSet<>();
    private @Nullable ViewVersion active;
    private String topic = "";
    private Optional<ReadingPlan.Before> before = Optional.empty();

    PartitionPlaces(
            Consumer<byte[], byte[]> consumer,
            GroupCommits commits,
            ViewReader.Policy policy,
            ViewReader.Listener listener) {
        this.consumer = consumer;
        this.commits = commits;
        this.policy = policy;
        this.listener = listener;
    }

    /**
     * Goes over to a version.
     *
     * @param output its output topic
     * @param readBefore what the group has read before
     */
    void moveTo(ViewVersion version, String output, Optional<ReadingPlan.Before> readBefore) {
        active = version;
        topic = output;
        before = readBefore;
        notes.clear();
        unplaced.clear();
        consumer.subscribe(List.of(topic), new Assignment());
        // If it was subscribed to this topic already, nothing is assigned anew.
        unplaced.addAll(placed());
    }

    private List<TopicPartition> placed() {
        return consumer.assignment().stream().filter(this::isPlaced).toList();
    }

    /** Whether the partition is one of the version, and it is decided where its reading begins. */
    boolean isPlaced(TopicPartition partition) {
        return partition.topic().equals(topic) && !unplaced.contains(partition);
    }

    PositionNote note(TopicPartition partition) {
        return notes.getOrDefault(partition, PositionNote.NONE);
    }

    /** The notes of the partitions that are placed, by their numbers. */
    Map<Integer, PositionNote> notes() {
        return placed().stream().collect(Collectors.toMap(TopicPartition::partition, this::note));
    }

    Map<TopicPartition, PositionNote> allNotes() {
        return Map.copyOf(notes);
    }

    /** Takes back what {@link #advance} has done since {@link #allNotes}. */
    void restore(Map<TopicPartition, PositionNote> notesBefore) {
        notes.clear();
        notes.putAll(notesBefore);
    }

    /**
     * Takes note of a result; returns what is to be committed of it.
     *
     * @param timestamp of the result
     * @param next the offset behind it
     */
    OffsetAndMetadata advance(TopicPartition partition, long timestamp, long next) {
        PositionNote note = note(partition).with(Objects.requireNonNull(active).activeSince(), timestamp);
        notes.put(partition, note);
        return note.at(next, clock.instant());
    }

    /** Has the places in all partitions committed, whether or not results have come. */
    void toBeCommitted() {
        placed().forEach(this::toBeCommitted);
    }

    private void toBeCommitted(TopicPartition partition) {
        commits.add(Map.of(partition, note(partition).at(consumer.position(partition), clock.instant())));
    }

    /** Partitions that cannot be placed, as brokers do not answer, wait for the next poll. */
    void placeIfPossible() {
        try {
            if (!unplaced.isEmpty()) {
                place();
            }
        } catch (TimeoutException e) {
            log.warn("Partitions wait for brokers: partitions={}", unplaced, e);
        }
    }

    /** Decides where partitions are read from that have come to this member of the group. */
    private void place() {
        ViewVersion version = Objects.requireNonNull(active);
        long epoch = version.activeSince();
        Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(Set.copyOf(unplaced));
        // Of a version that was active before, too, results were missed in between.
        Optional<ReadingPlan.Before> other =
                before.filter(read -> !read.version().equals(version.id()));
        var begun = new HashSet<TopicPartition>();
        var outdated = new HashSet<TopicPartition>();
        for (TopicPartition partition : unplaced) {
            OffsetAndMetadata known = committed.get(partition);
            PositionNote note = PositionNote.of(known);
            ReadingPlan plan = ReadingPlan.of(policy, note, epoch, other, partition.partition(), clock.instant());
            notes.put(partition, plan.note(note, epoch));
            switch (plan) {
                case ReadingPlan.Resume _ -> consumer.seek(partition, Objects.requireNonNull(known));
                case ReadingPlan.FromBeginning _ -> {
                    consumer.seekToBeginning(List.of(partition));
                    (note.epoch() == epoch ? outdated : begun).add(partition);
                }
                case ReadingPlan.FromTime from -> {
                    seek(partition, from.time());
                    begun.add(partition);
                }
            }
        }
        begin(before.map(ReadingPlan.Before::version), version, begun);
        begin(Optional.of(version.id()), version, outdated);
        unplaced.clear();
    }

    /** Tells of a switch, and commits that reading has begun: whoever continues is not told again. */
    private void begin(Optional<VersionId> read, ViewVersion version, Set<TopicPartition> partitions) {
        if (partitions.isEmpty()) {
            return;
        }
        read.ifPresent(old -> listener.switched(new ViewReader.Switched(
                old,
                version.id(),
                version.activeSince(),
                policy,
                partitions.stream().map(TopicPartition::partition).collect(Collectors.toSet()))));
        partitions.forEach(this::toBeCommitted);
        commits.commit();
    }

    private void seek(TopicPartition partition, long time) {
        // Looked up first: what is committed in between is not to be skipped.
        Long end = consumer.endOffsets(List.of(partition)).get(partition);
        OffsetAndTimestamp found =
                consumer.offsetsForTimes(Map.of(partition, Math.max(0, time))).get(partition);
        consumer.seek(partition, found == null ? Objects.requireNonNull(end) : found.offset());
    }

    private final class Assignment implements ConsumerRebalanceListener {

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            unplaced.addAll(partitions);
            placeIfPossible();
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            try {
                commits.commit();
            } finally {
                onPartitionsLost(partitions);
            }
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            commits.forget(partitions);
            unplaced.removeAll(partitions);
        }
    }
}
