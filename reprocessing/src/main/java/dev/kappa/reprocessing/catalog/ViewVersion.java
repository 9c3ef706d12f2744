package dev.kappa.reprocessing.catalog;

import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.topologies.input.InputProblem;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;

/**
 * One numbered run of a view, as the catalog knows it.
 *
 * @param id its name and number
 * @param phase where it is in its life
 * @param blueprint what it is made of
 * @param fingerprint the blueprint's, as it was at birth
 * @param origin where it started; absent for one that runs from the beginning of everything
 * @param outputPartitions partitions of its output topic
 * @param maxRate bound on the records per second it reads while it replays
 * @param activeSince epoch at which it last became active; 0 if it never was
 * @param removed whether its consumer group and internal topics have been deleted
 * @param outputRemoved whether its output topic has been deleted
 * @param detail why it failed
 * @param inputProblems what its instances have found to be wrong with its inputs
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
        Optional<Long> maxRate,
        long activeSince,
        boolean removed,
        boolean outputRemoved,
        Optional<String> detail,
        List<FoundProblem> inputProblems,
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

    public ViewVersion {
        inputProblems = List.copyOf(inputProblems);
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
     */
    public record Origin(String from, List<Range> ranges, Optional<Instant> completeFrom) {
        public Origin {
            ranges = List.copyOf(ranges);
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
                maxRate,
                0,
                false,
                false,
                Optional.empty(),
                List.of(),
                now,
                now);
    }

    public ViewVersion in(Phase next, Instant now) {
        return changed(next, maxRate, activeSince, removed, outputRemoved, detail, inputProblems, now);
    }

    public ViewVersion active(long epoch, Instant now) {
        return changed(Phase.ACTIVE, maxRate, epoch, removed, outputRemoved, detail, inputProblems, now);
    }

    ViewVersion failed(String why, Instant now) {
        return changed(
                Phase.FAILED, maxRate, activeSince, removed, outputRemoved, Optional.of(why), inputProblems, now);
    }

    ViewVersion throttled(Optional<Long> rate, Instant now) {
        return changed(phase, rate, activeSince, removed, outputRemoved, detail, inputProblems, now);
    }

    ViewVersion removed(boolean outputToo, Instant now) {
        return changed(phase, maxRate, activeSince, true, outputRemoved || outputToo, detail, inputProblems, now);
    }

    ViewVersion found(List<FoundProblem> problems, Instant now) {
        return changed(phase, maxRate, activeSince, removed, outputRemoved, detail, problems, now);
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
            Instant now) {
        return new ViewVersion(
                id,
                next,
                blueprint,
                fingerprint,
                origin,
                outputPartitions,
                rate,
                activeEpoch,
                isRemoved,
                isOutputRemoved,
                why,
                problems,
                createdAt,
                now);
    }
}
