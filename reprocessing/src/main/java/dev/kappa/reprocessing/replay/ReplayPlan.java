package dev.kappa.reprocessing.replay;

import dev.kappa.reprocessing.catalog.Blueprint;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.reprocessing.cluster.VersionId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.common.TopicPartition;

/**
 * The steps of a replay: computed from the request and the cluster, printed, and only then carried out.
 *
 * @param id the version it makes
 * @param basedOn epoch of the catalog it was planned on
 * @param blueprint what the version is made of
 * @param from what the operator asked for
 * @param partitions what is read
 * @param completeFrom results before this may be incomplete; absent when none are
 * @param outputPartitions partitions of the output topic
 * @param topics topics that come into being
 * @param maxRate bound on the records per second
 * @param changes what is different from the active version, a line each
 * @param notes what the operator should know
 * @param topicIds Kafka's ids of the input topics
 * @param truncated why the history does not reach back far enough, a line each; empty when it does
 */
public record ReplayPlan(
        VersionId id,
        long basedOn,
        Blueprint blueprint,
        String from,
        List<PartitionPlan> partitions,
        Optional<Instant> completeFrom,
        int outputPartitions,
        List<String> topics,
        Optional<Long> maxRate,
        List<String> changes,
        List<String> notes,
        Map<String, String> topicIds,
        List<String> truncated) {

    /**
     * An input partition as it is.
     *
     * @param partition which
     * @param table whether it is read as a table
     * @param compacted whether its topic is compacted, so that only the newest record of each key may be left
     * @param begin its oldest offset
     * @param end its end
     * @param oldest time of its oldest record, if it has one
     * @param startTime time of the record it is to start at, when offsets were given
     * @param atTarget first offset at or after the time streams are to start at, when a time was asked for
     * @param bytes its size on a broker, if known
     * @param ahead how far an event may be dated ahead of its record timestamp
     */
    public record Facts(
            TopicPartition partition,
            boolean table,
            boolean compacted,
            long begin,
            long end,
            Optional<Instant> oldest,
            Optional<Instant> startTime,
            OptionalLong atTarget,
            OptionalLong bytes,
            Duration ahead) {}

    /** The offsets of a partition that are read, from start to end; the number of bytes is an estimate. */
    public record PartitionPlan(TopicPartition partition, boolean table, long start, long end, OptionalLong bytes) {
        /** Offsets from start to end; fewer records, where some have been compacted away. */
        public long records() {
            return Math.max(0, end - start);
        }
    }

    public ReplayPlan {
        partitions = List.copyOf(partitions);
        topics = List.copyOf(topics);
        changes = List.copyOf(changes);
        notes = List.copyOf(notes);
        topicIds = Map.copyOf(topicIds);
        truncated = List.copyOf(truncated);
    }

    /** The same plan, based on another epoch. */
    public ReplayPlan basedOn(long epoch) {
        return new ReplayPlan(
                id,
                epoch,
                blueprint,
                from,
                partitions,
                completeFrom,
                outputPartitions,
                topics,
                maxRate,
                changes,
                notes,
                topicIds,
                truncated);
    }

    /** The records to read, at most. */
    public long records() {
        return partitions.stream().mapToLong(PartitionPlan::records).sum();
    }

    /** The bytes to read, roughly; absent when a broker does not say. */
    public OptionalLong bytes() {
        return partitions.stream().anyMatch(partition -> partition.bytes().isEmpty())
                ? OptionalLong.empty()
                : OptionalLong.of(partitions.stream()
                        .mapToLong(partition -> partition.bytes().orElseThrow())
                        .sum());
    }

    /** Where the version starts, as the catalog keeps it. */
    public ViewVersion.Origin origin() {
        return new ViewVersion.Origin(
                from,
                partitions.stream()
                        .map(plan -> new ViewVersion.Range(plan.partition(), plan.start(), plan.end()))
                        .toList(),
                completeFrom,
                topicIds);
    }

    /** The offsets that are read: the part of a plan that depends on the log. */
    record Reading(
            List<PartitionPlan> partitions,
            Optional<Instant> completeFrom,
            List<String> notes,
            List<String> truncated) {}

    /**
     * Decides what is read.
     *
     * @param from what the operator asked for
     * @param lookBack how much older input than a result's time the result needs; empty: all of it
     * @param facts the input partitions
     * @throws RefusedException when offsets are given that do not fit
     */
    static Reading reading(StartPosition from, Optional<Duration> lookBack, List<Facts> facts) {
        List<String> notes = new ArrayList<>();
        List<String> truncated = new ArrayList<>();
        List<PartitionPlan> partitions = new ArrayList<>();
        if (from instanceof StartPosition.Offsets offsets) {
            requireKnown(offsets, facts);
        }
        boolean whole = from instanceof StartPosition.At && lookBack.isEmpty();
        if (whole) {
            notes.add("A result may depend on the whole history, so the streams start at their oldest records anyway");
        }
        boolean cut = false;
        boolean leftOut = false;
        var compacted = new HashSet<String>();
        Optional<Instant> reachesTo = Optional.empty();
        for (Facts fact : facts) {
            long start = fact.begin();
            if (fact.table() && fact.begin() > 0) {
                truncated.add(older(fact) + ", so that keys that were not written since are missing");
            }
            if (!fact.table()
                    && fact.compacted()
                    && compacted.add(fact.partition().topic())) {
                truncated.add("Topic " + fact.partition().topic()
                        + " is compacted: of events with the same key only the newest"
                        + " may be left, and a replay sees less than the live version did");
            }
            if (!fact.table()) {
                boolean gone = fact.begin() > 0;
                switch (from) {
                    case StartPosition.Earliest _ -> {
                        if (gone) {
                            truncated.add(older(fact));
                        }
                    }
                    case StartPosition.At at -> {
                        start = whole ? fact.begin() : fact.atTarget().orElse(fact.end());
                        Instant target = whole ? Instant.MIN : startOf(at, lookBack.orElseThrow(), fact.ahead());
                        gone = gone
                                && fact.oldest()
                                        .filter(oldest -> !oldest.isAfter(target))
                                        .isEmpty();
                        if (gone) {
                            truncated.add(older(fact));
                        }
                    }
                    case StartPosition.Offsets offsets -> {
                        Long given = offsets.offsets()
                                .getOrDefault(fact.partition().topic(), Map.of())
                                .get(fact.partition().partition());
                        start = given == null ? fact.begin() : Math.max(given, fact.begin());
                        gone = given != null ? given < fact.begin() : gone;
                        if (given != null && given > fact.end()) {
                            throw new RefusedException("Partition " + fact.partition() + " ends at offset " + fact.end()
                                    + "; a replay cannot start at " + given);
                        }
                        if (given != null && given > fact.begin()) {
                            reachesTo = later(reachesTo, fact.startTime());
                            leftOut = true;
                        }
                        if (given != null && gone) {
                            truncated.add(older(fact));
                        }
                    }
                }
                if (gone) {
                    reachesTo = later(reachesTo, fact.oldest());
                }
                cut |= start > 0;
            }
            if (fact.oldest().isEmpty()) {
                // Nothing to read, and so nothing that would ever be committed.
                start = fact.end();
            }
            long read = Math.max(0, fact.end() - start);
            long all = Math.max(1, fact.end() - fact.begin());
            OptionalLong bytes = fact.bytes().isEmpty()
                    ? OptionalLong.empty()
                    : OptionalLong.of((long) (fact.bytes().getAsLong() * ((double) read / all)));
            partitions.add(new PartitionPlan(fact.partition(), fact.table(), start, fact.end(), bytes));
        }
        if (leftOut && lookBack.isEmpty()) {
            notes.add("A result may depend on the whole history, of which part is left out");
        }
        Optional<Instant> completeFrom = reachesTo.map(oldest -> oldest.plus(lookBack.orElse(Duration.ZERO)));
        if (from instanceof StartPosition.At at && !whole && cut) {
            completeFrom = later(completeFrom, Optional.of(at.instant()));
        }
        partitions.sort(
                Comparator.comparing((PartitionPlan plan) -> plan.partition().topic())
                        .thenComparingInt(plan -> plan.partition().partition()));
        return new Reading(partitions, completeFrom, notes, truncated);
    }

    /**
     * The record timestamp at which a stream is started, so that results are complete from an instant on: an event of that time may be
     * dated ahead of its record, and its record earlier.
     */
    static Instant startOf(StartPosition.At at, Duration lookBack, Duration ahead) {
        Instant start = at.instant().minus(lookBack);
        return ahead.compareTo(Duration.between(Instant.EPOCH, start)) < 0 ? start.minus(ahead) : Instant.EPOCH;
    }

    private static void requireKnown(StartPosition.Offsets offsets, List<Facts> facts) {
        offsets.offsets()
                .forEach((topic, partitions) -> partitions.keySet().forEach(partition -> {
                    Facts fact = facts.stream()
                            .filter(candidate -> candidate.partition().equals(new TopicPartition(topic, partition)))
                            .findFirst()
                            .orElseThrow(() -> new RefusedException("Offsets are given for partition " + partition
                                    + " of topic " + topic + ", which the view does not read"));
                    if (fact.table()) {
                        throw new RefusedException("Offsets are given for topic " + topic
                                + ", which is read as a table; tables always start at their oldest records");
                    }
                }));
    }

    private static String older(Facts fact) {
        return "Partition " + fact.partition().partition() + " of topic "
                + fact.partition().topic() + " begins at offset " + fact.begin()
                + fact.oldest().map(oldest -> ", " + oldest).orElse(", with no record")
                + "; older records have been deleted";
    }

    private static Optional<Instant> later(Optional<Instant> a, Optional<Instant> b) {
        return a.isPresent() && b.isPresent() ? (a.get().isAfter(b.get()) ? a : b) : a.or(() -> b);
    }
}
