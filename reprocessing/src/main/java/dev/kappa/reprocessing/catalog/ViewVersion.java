package dev.kappa.reprocessing.catalog;

import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.topologies.input.InputProblem;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;

/**
 * One numbered run of a view, as the catalog knows it.
 *
 * @param id its name and number
 * @param phase where it is in its life
 * @param blueprint what it is made of
 * @param fingerprint the blueprint's, as it was at birth
 * @param origin where it started; absent for a first version that no instance has begun
 * @param outputPartitions partitions of its output topic
 * @param restarts how often an operator has had it restarted where it had failed
 * @param maxRate bound on the records per second it reads while it replays
 * @param activeSince epoch at which it last became active; 0 if it never was
 * @param removed whether its consumer group and internal topics have been deleted
 * @param outputRemoved whether its output topic has been deleted
 * @param detail why it failed
 * @param inputProblems what its instances have found to be wrong with its inputs
 * @param gaps records of its inputs that were deleted before it had read them
 * @param createdAt when it was planned
 * @param changedAt when it last changed
 */
public record ViewVersion(
        VersionId id,
        Phase phase,
        Blueprint blueprint,
        String fingerprint,
        Optional<Origin> origin,
        int outputPartitions,
        int restarts,
        Optional<Long> maxRate,
        long activeSince,
        boolean removed,
        boolean outputRemoved,
        Optional<String> detail,
        List<FoundProblem> inputProblems,
        List<Gap> gaps,
        Instant createdAt,
        Instant changedAt) {

    /**
     * A problem of an input.
     *
     * @param topic the input topic
     * @param problem what is wrong with it
     * @param example what the first such record showed
     */
    public record FoundProblem(String topic, InputProblem problem, String example) {}

    /**
     * Records of a partition that were deleted before the version had read them.
     *
     * @param partition of an input
     * @param from first offset that the version has not read
     * @param to first offset that is left
     * @param foundAt when an instance found it
     */
    public record Gap(TopicPartition partition, long from, long to, Instant foundAt) {

        /** For people: where, and how many offsets. */
        public String text() {
            return partition.topic() + ", partition " + partition.partition() + ": offsets " + from + " to " + (to - 1)
                    + " (" + (to - from) + ")";
        }
    }

    public ViewVersion {
        inputProblems = List.copyOf(inputProblems);
        gaps = List.copyOf(gaps);
    }

    /** Whether a problem of an input is known, whatever its example. */
    public boolean hasProblem(String topic, InputProblem problem) {
        return inputProblems.stream().anyMatch(known -> known.topic().equals(topic) && known.problem() == problem);
    }

    /** Whether it is known that records of a partition were deleted up to an offset. */
    public boolean hasGap(TopicPartition partition, long to) {
        return gaps.stream().anyMatch(known -> known.partition().equals(partition) && known.to() >= to);
    }

    /** Whether results were lost because input partitions were read too far apart. */
    public boolean hasLostResults() {
        return inputProblems.stream().anyMatch(found -> found.problem() == InputProblem.READ_TOO_FAR_APART);
    }

    /** Whether the version may have keys on other partitions than the one where they belong. */
    public boolean hasMisplacedKeys() {
        return inputProblems.stream().anyMatch(found -> found.problem() == InputProblem.MISPLACED_KEY);
    }

    /**
     * Where a replay starts.
     *
     * @param from what the operator asked for
     * @param ranges what is read of each partition
     * @param completeFrom results before this time may be incomplete; absent when none are
     * @param topicIds Kafka's id of each input topic; a topic that was deleted and created again has another one
     */
    public record Origin(
            String from, List<Range> ranges, Optional<Instant> completeFrom, Map<String, String> topicIds) {
        public Origin {
            ranges = List.copyOf(ranges);
            topicIds = Map.copyOf(topicIds);
        }

        /** The same place in topics that may have been created again. */
        Origin withTopicIds(Map<String, String> ids) {
            return new Origin(from, ranges, completeFrom, ids);
        }
    }

    /** The offsets of a partition that a replay reads: from the first one to the end at the time of planning. */
    public record Range(TopicPartition partition, long start, long end) {}

    /** A version that has just been planned. */
    public static ViewVersion planned(
            VersionId id,
            Blueprint blueprint,
            Optional<Origin> origin,
            int outputPartitions,
            Optional<Long> maxRate,
            Instant now) {
        return new ViewVersion(
                id,
                Phase.PLANNED,
                blueprint,
                blueprint.fingerprint(),
                origin,
                outputPartitions,
                0,
                maxRate,
                0,
                false,
                false,
                Optional.empty(),
                List.of(),
                List.of(),
                now,
                now);
    }

    /** The version with the place where it has begun. */
    ViewVersion begun(Origin start, Instant now) {
        return new ViewVersion(
                id,
                phase,
                blueprint,
                fingerprint,
                Optional.of(start),
                outputPartitions,
                restarts,
                maxRate,
                activeSince,
                removed,
                outputRemoved,
                detail,
                inputProblems,
                gaps,
                createdAt,
                now);
    }

    public ViewVersion in(Phase next, Instant now) {
        return changed(next, maxRate, activeSince, detail, now);
    }

    public ViewVersion active(long epoch, Instant now) {
        return changed(Phase.ACTIVE, maxRate, epoch, detail, now);
    }

    ViewVersion failed(String why, Instant now) {
        return changed(Phase.FAILED, maxRate, activeSince, Optional.of(why), now);
    }

    ViewVersion throttled(Optional<Long> rate, Instant now) {
        return changed(phase, rate, activeSince, detail, now);
    }

    private ViewVersion changed(Phase next, Optional<Long> rate, long activeEpoch, Optional<String> why, Instant now) {
        return changed(next, rate, activeEpoch, removed, outputRemoved, why, inputProblems, gaps, now);
    }

    ViewVersion removed(boolean outputToo, Instant now) {
        return changed(phase, maxRate, activeSince, true, outputRemoved || outputToo, detail, inputProblems, gaps, now);
    }

    ViewVersion found(List<FoundProblem> problems, Instant now) {
        return changed(phase, maxRate, activeSince, removed, outputRemoved, detail, problems, gaps, now);
    }

    ViewVersion withTopicIds(Map<String, String> ids, Instant now) {
        return origin.map(start -> begun(start.withTopicIds(ids), now)).orElse(this);
    }

    ViewVersion withGaps(List<Gap> all, Instant now) {
        return changed(phase, maxRate, activeSince, removed, outputRemoved, detail, inputProblems, all, now);
    }

    ViewVersion restarted(Instant now) {
        return new ViewVersion(
                id,
                phase,
                blueprint,
                fingerprint,
                origin,
                outputPartitions,
                restarts + 1,
                maxRate,
                activeSince,
                removed,
                outputRemoved,
                detail,
                inputProblems,
                gaps,
                createdAt,
                now);
    }

    /** The same version: what was fixed at birth stays. */
    private ViewVersion changed(
            Phase next,
            Optional<Long> rate,
            long activeEpoch,
            boolean isRemoved,
            boolean isOutputRemoved,
            Optional<String> why,
            List<FoundProblem> problems,
            List<Gap> allGaps,
            Instant now) {
        return new ViewVersion(
                id,
                next,
                blueprint,
                fingerprint,
                origin,
                outputPartitions,
                restarts,
                rate,
                activeEpoch,
                isRemoved,
                isOutputRemoved,
                why,
                problems,
                allGaps,
                createdAt,
                now);
    }
}
