package dev.kappa.app.version;

import dev.kappa.app.alignment.MissingOffsets;
import dev.kappa.app.alignment.MissingOffsets.PositionLostException;
import dev.kappa.reprocessing.catalog.CatalogChange;
import dev.kappa.reprocessing.catalog.ConflictException;
import dev.kappa.reprocessing.catalog.CrashPoint;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.replay.PositionCheck;
import dev.kappa.reprocessing.replay.Replays;
import dev.kappa.topologies.eventtime.LostResults;
import dev.kappa.topologies.input.InputProblem;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.streams.errors.TaskMigratedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a version read only from where it has come to. A version without committed offsets that has done something is refused;
 * records that were deleted before they were read, and results that were lost, are recorded in the catalog before the version continues
 * behind them. Thread-safe.
 */
public final class PositionGuard {

    private static final Logger log = LoggerFactory.getLogger(PositionGuard.class);

    /** Other changes of the view may come in between. */
    private static final int ATTEMPTS = 5;

    private final Replays replays;
    private final CatalogChange.Operator self;

    /** Versions whose inputs were found to be other topics than those that they began with, with what was found. */
    private final Map<VersionId, String> recreated = new ConcurrentHashMap<>();

    public PositionGuard(Replays replays, CatalogChange.Operator self) {
        this.replays = replays;
        this.self = self;
    }

    /**
     * Checks a version before it starts, and commits where it begins if it has not begun.
     *
     * @return how many partitions of each input topic it reads
     * @throws PositionLostException when its place is lost
     * @throws org.apache.kafka.common.KafkaException when the cluster does not answer
     */
    Map<String, Integer> requirePositions(ViewVersion version) {
        recreated.remove(version.id());
        PositionCheck check = replays.positions().check(version);
        if (!check.starts().isEmpty()) {
            replays.positions().begin(version, check);
        }
        if (!check.lost().isEmpty()) {
            throw lost(version.id(), check.lostText());
        }
        recordGaps(version, check.gaps());
        return check.known();
    }

    private RuntimeException lost(VersionId id, String what) {
        Optional<Phase> phase =
                replays.findCatalog().flatMap(catalog -> catalog.version(id)).map(ViewVersion::phase);
        if (phase.filter(Phase::isOver).isPresent()) {
            // This instance has not heard of it yet, and is about to stop the version.
            return new GroupIdNotFoundException(id + " is " + phase.get() + ", and its offsets are deleted");
        }
        return new PositionLostException("The position of " + id + " in its inputs is lost (" + what
                + "). It does not start, because it would count records twice or miss some. Start a replay (kappa replay start "
                + id.view() + "), or set its position (kappa replay reset-position " + id.view() + " --version "
                + id.number() + ")");
    }

    /**
     * Takes what a check of a version shows. Gaps are recorded in the catalog. A version that runs here is stopped when an input topic
     * was created again: Kafka's consumer does not notice where the new topic has the offset that it reads next.
     */
    void checked(ViewVersion version, PositionCheck check) {
        if (check.isRecreated()) {
            recreated.put(version.id(), check.lostText());
        }
        recordGaps(version, check.gaps());
    }

    /** Records gaps in the catalog; those that are known already change nothing. */
    private void recordGaps(ViewVersion version, List<PositionCheck.Hole> gaps) {
        if (!gaps.stream().allMatch(gap -> version.hasGap(gap.partition(), gap.to()))) {
            record(() -> replays.gaps(version.id(), gaps, self));
        }
    }

    private static void record(Runnable change) {
        for (int attempt = 1; ; attempt++) {
            try {
                change.run();
                return;
            } catch (ConflictException other) {
                if (attempt == ATTEMPTS) {
                    throw other;
                }
            }
        }
    }

    /**
     * To be run before each commit of a version on this instance. A transaction in which results were lost is committed only when the
     * catalog says that the version has lost results: a crash cannot hide it.
     */
    Runnable beforeCommit(VersionId version, LostResults lost) {
        var isRecorded = new AtomicBoolean();
        return () -> {
            if (lost.count() == 0 || isRecorded.get()) {
                return;
            }
            synchronized (isRecorded) {
                if (isRecorded.get()) {
                    return;
                }
                CrashPoint.INSTANCE_BEFORE_LOSS_RECORDED.passed();
                log.error(
                        "Results are lost; the version is incomplete: view={} version={} reason=\"{}\"",
                        version.view(),
                        version.number(),
                        InputProblem.READ_TOO_FAR_APART.text());
                record(() -> replays.lostResults(version, self));
                CrashPoint.INSTANCE_LOSS_RECORDED.passed();
                isRecorded.set(true);
            }
        };
    }

    /**
     * The decisions for the main consumers of a version.
     *
     * @param inputs the topics that it reads and has not written itself
     * @param stores the stores that only the records of a repartition topic change, by its name
     */
    MissingOffsets of(ViewVersion version, Set<String> inputs, Map<String, List<String>> stores) {
        return new MissingOffsets() {
            @Override
            public void requirePlace() {
                String why = recreated.get(version.id());
                if (why != null) {
                    throw lost(version.id(), why);
                }
            }

            @Override
            public long ofUncommitted(TopicPartition partition) {
                boolean hasBegun = inputs.contains(partition.topic())
                        || replays.positions()
                                .hasCommitted(version, partition, stores.getOrDefault(partition.topic(), List.of()));
                if (hasBegun) {
                    requireNoneCommittedAfter(-1, version.id(), partition);
                    throw lost(
                            version.id(),
                            partition.topic() + ", partition " + partition.partition()
                                    + ": its committed offset is gone");
                }
                return 0;
            }

            @Override
            public long ofOutOfRange(TopicPartition partition, long position, long begin, long end) {
                requireNoneCommittedAfter(position, version.id(), partition);
                if (position > end || !inputs.contains(partition.topic())) {
                    throw lost(
                            version.id(),
                            partition.topic() + ", partition " + partition.partition() + ": offset " + position
                                    + " is next to read, but the partition has offsets " + begin + " to " + end);
                }
                log.error(
                        "Records were deleted before they were read; the version is incomplete: view={} version={} topic={} partition={} from={} to={} count={}",
                        version.id().view(),
                        version.id().number(),
                        partition.topic(),
                        partition.partition(),
                        position,
                        begin,
                        begin - position);
                recordGaps(version, List.of(new PositionCheck.Hole(partition, position, begin)));
                return begin;
            }
        };
    }

    /**
     * An instance that was frozen or cut off wants to read on where it stopped, until it hears that its tasks have moved. The one that has them now
     * has committed later offsets, and the records that it has read may be deleted.
     */
    private void requireNoneCommittedAfter(long position, VersionId version, TopicPartition partition) {
        replays.positions()
                .committed(version, partition)
                .filter(committed -> committed > position)
                .ifPresent(committed -> {
                    log.warn(
                            "Another instance has taken over a task; joining the group again: view={} version={} topic={} partition={} position={} committed={}",
                            version.view(),
                            version.number(),
                            partition.topic(),
                            partition.partition(),
                            position,
                            committed);
                    throw new TaskMigratedException(
                            "Another instance has read " + partition + " up to offset " + committed);
                });
    }
}
