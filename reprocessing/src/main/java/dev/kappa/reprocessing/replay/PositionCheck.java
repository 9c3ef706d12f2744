package dev.kappa.reprocessing.replay;

import dev.kappa.reprocessing.cluster.TopicPositions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;

/**
 * Whether a version continues where it was: a pure function of what its consumer group has committed and of what its inputs hold.
 *
 * @param starts offsets to commit before the version starts; only of one that has not begun
 * @param gaps records that were deleted before the version had read them
 * @param lost partitions of which the place is lost, each with what is wrong; a version with any must not start
 * @param known partitions of each input topic that the version reads: those it was born with
 * @param added partitions that were added to inputs since; the version does not read them
 */
public record PositionCheck(
        Map<TopicPartition, Long> starts,
        List<Hole> gaps,
        Map<TopicPartition, String> lost,
        Map<String, Integer> known,
        List<TopicPartition> added) {

    private static final String RECREATED = "the topic was deleted and created again: other records have its offsets";

    /** Offsets that are there: from the first one to the next one that will be written. */
    public record Bounds(long begin, long end) {}

    /** Offsets that were not read and are no longer there. */
    public record Hole(TopicPartition partition, long from, long to) {}

    public PositionCheck {
        starts = Map.copyOf(starts);
        gaps = List.copyOf(gaps);
        known = Map.copyOf(known);
        added = List.copyOf(added);
    }

    /**
     * Checks.
     *
     * @param inputs the partitions of the version's inputs
     * @param committed offsets that its group has committed
     * @param origin where the version has begun, or was to begin; empty for a first version that has not begun
     * @param recreated input topics that have been deleted and created again since the version began
     * @param hasResults whether anything that the version has done is left: results, changes of stores
     */
    public static PositionCheck of(
            Map<TopicPartition, Bounds> inputs,
            Map<TopicPartition, Long> committed,
            Map<TopicPartition, Long> origin,
            Set<String> recreated,
            BooleanSupplier hasResults) {
        Map<String, Integer> known = known(inputs, origin.isEmpty() ? committed : origin);
        var starts = new TreeMap<TopicPartition, Long>(TopicPositions.BY_TOPIC_AND_NUMBER);
        var gaps = new ArrayList<Hole>();
        var lost = new TreeMap<TopicPartition, String>(TopicPositions.BY_TOPIC_AND_NUMBER);
        var added = new ArrayList<TopicPartition>();
        var sorted = new TreeMap<TopicPartition, Bounds>(TopicPositions.BY_TOPIC_AND_NUMBER);
        sorted.putAll(inputs);
        boolean hasBegun = false;
        boolean isAsked = false;
        for (Map.Entry<TopicPartition, Bounds> input : sorted.entrySet()) {
            TopicPartition partition = input.getKey();
            Bounds bounds = input.getValue();
            Long offset = committed.get(partition);
            if (partition.partition() >= known.getOrDefault(partition.topic(), 0)) {
                added.add(partition);
            } else if (recreated.contains(partition.topic())) {
                lost.put(partition, RECREATED);
            } else if (offset == null) {
                if (!isAsked) {
                    hasBegun = hasResults.getAsBoolean();
                    isAsked = true;
                }
                if (hasBegun) {
                    lost.put(partition, "its committed offset is gone");
                } else {
                    starts.put(partition, Math.max(bounds.begin(), origin.getOrDefault(partition, bounds.begin())));
                    hole(partition, origin.getOrDefault(partition, bounds.begin()), bounds, gaps);
                }
            } else if (offset > bounds.end()) {
                lost.put(
                        partition,
                        "its committed offset is " + offset + ", but the partition ends at " + bounds.end()
                                + ": the partition has lost records");
            } else {
                hole(partition, offset, bounds, gaps);
            }
        }
        return new PositionCheck(starts, gaps, lost, known, added);
    }

    private static void hole(TopicPartition partition, long next, Bounds bounds, List<Hole> gaps) {
        if (next < bounds.begin()) {
            gaps.add(new Hole(partition, next, bounds.begin()));
        }
    }

    /** Partitions behind the last one that a version began with have been added since. */
    private static Map<String, Integer> known(Map<TopicPartition, Bounds> inputs, Map<TopicPartition, Long> began) {
        Map<String, Integer> born = counts(began.keySet());
        Map<String, Integer> known = counts(inputs.keySet());
        known.replaceAll((topic, now) -> Math.min(now, born.getOrDefault(topic, now)));
        return known;
    }

    private static Map<String, Integer> counts(Iterable<TopicPartition> partitions) {
        var counts = new TreeMap<String, Integer>();
        partitions.forEach(
                partition -> counts.merge(partition.topic(), partition.partition() + 1, (a, b) -> Math.max(a, b)));
        return counts;
    }

    /** Whether nothing has been committed of any partition. */
    boolean isUnbegun() {
        return starts.size()
                == known.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** Whether an input topic has been deleted and created again since the version began. */
    public boolean isRecreated() {
        return lost.containsValue(RECREATED);
    }

    /** What is lost, for people; empty when nothing is. */
    public String lostText() {
        return lost.entrySet().stream()
                .map(partition -> partition.getKey().topic() + ", partition "
                        + partition.getKey().partition() + ": " + partition.getValue())
                .collect(Collectors.joining("; "));
    }
}
