package dev.kappa.reprocessing.replay;

import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.CatalogChange;
import dev.kappa.reprocessing.catalog.CatalogWriter;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.Transition;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.reprocessing.cluster.TopicPositions;
import dev.kappa.reprocessing.cluster.VersionId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;

/** The places of versions in their inputs: what their consumer groups have committed. Thread-safe. */
public final class VersionPositions {

    private final ClusterNames names;
    private final Admin admin;
    private final TopicPositions topics;
    private final CatalogWriter writer;

    VersionPositions(ClusterNames names, Admin admin, TopicPositions topics, CatalogWriter writer) {
        this.names = names;
        this.admin = admin;
        this.topics = topics;
        this.writer = writer;
    }

    /**
     * Checks whether a version continues where it was. Changes nothing.
     *
     * @throws org.apache.kafka.common.KafkaException when the cluster does not answer
     */
    public PositionCheck check(ViewVersion version) {
        PositionCheck check = check(version, Set.of());
        // An instance may have started the version since its offsets were read.
        return check.lost().isEmpty() ? check : check(version, check.lost().keySet());
    }

    /**
     * Checks.
     *
     * @param doubtful partitions whose place may only seem to be lost
     */
    private PositionCheck check(ViewVersion version, Set<TopicPartition> doubtful) {
        List<String> inputTopics = version.blueprint().inputTopics();
        Map<String, String> ids = topics.ids(inputTopics);
        List<TopicPartition> inputs = topics.partitions(inputTopics);
        // In this order: what is read and deleted meanwhile is no gap, and what is written and read is not behind the
        // end.
        Map<TopicPartition, Long> begins = topics.offsets(inputs, OffsetSpec.earliest());
        String group = names.applicationId(version.id());
        Map<TopicPartition, Long> committed = topics.committed(group);
        if (!doubtful.isEmpty()) {
            committed.putAll(topics.committedForSure(group, doubtful));
        }
        Map<TopicPartition, Long> ends = topics.offsets(inputs, OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED);
        var bounds = new HashMap<TopicPartition, PositionCheck.Bounds>();
        inputs.forEach(partition -> bounds.put(
                partition,
                new PositionCheck.Bounds(begins.getOrDefault(partition, 0L), ends.getOrDefault(partition, 0L))));
        Map<TopicPartition, Long> origin = version.origin()
                .map(from -> from.ranges().stream()
                        .collect(Collectors.toMap(ViewVersion.Range::partition, ViewVersion.Range::start)))
                .orElse(Map.of());
        Map<String, String> idsAtBirth =
                version.origin().map(ViewVersion.Origin::topicIds).orElse(Map.of());
        return PositionCheck.of(bounds, committed, origin, recreated(idsAtBirth, ids), () -> hasResults(version));
    }

    /** The topics whose ids are no longer those of before. */
    private static Set<String> recreated(Map<String, String> before, Map<String, String> now) {
        return before.entrySet().stream()
                .filter(topic -> !topic.getValue().equals(now.getOrDefault(topic.getKey(), topic.getValue())))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    /**
     * Commits where a version begins that has not begun, unless another instance has done so first. A first version's place is recorded
     * in the catalog, in the same transaction: what is deleted from then on is missing.
     *
     * @param check of the version; made again once all other writers are fenced
     * @throws org.apache.kafka.common.KafkaException when the cluster does not answer
     */
    public void begin(ViewVersion version, PositionCheck check) {
        // Some offsets are there where an earlier release has begun the version.
        if (version.origin().isEmpty() && check.isUnbegun()) {
            writer.begin(version.id(), () -> origin(version));
        } else {
            writer.commit(() -> new CatalogWriter.Positions(
                    names.applicationId(version.id()), check(version).starts()));
        }
    }

    private ViewVersion.Origin origin(ViewVersion version) {
        Map<String, String> ids = topics.ids(version.blueprint().inputTopics());
        return new ViewVersion.Origin(
                "earliest",
                check(version).starts().entrySet().stream()
                        .map(start -> new ViewVersion.Range(start.getKey(), start.getValue(), start.getValue()))
                        .toList(),
                Optional.empty(),
                ids);
    }

    PositionReset planReset(ViewVersion version, String to) {
        if (version.phase() != Phase.ACTIVE && version.phase() != Phase.STANDBY) {
            throw new RefusedException(
                    version.id() + " is " + version.phase()
                            + "; only an ACTIVE or STANDBY version can get another position. Abort a replay, and start it again.");
        }
        String group = names.applicationId(version.id());
        GroupState state = state(group);
        if (state != GroupState.EMPTY && state != GroupState.DEAD) {
            throw new RefusedException("Instances run " + version.id() + " (group " + group + " is " + state
                    + "). Only a version that does not run can get another position.");
        }
        List<String> inputTopics = version.blueprint().inputTopics();
        Map<String, String> ids = topics.ids(inputTopics);
        List<TopicPartition> inputs = topics.partitions(inputTopics);
        Map<TopicPartition, Long> given = new HashMap<>();
        if (to.endsWith(".json")) {
            if (StartPosition.parse(to, Instant.EPOCH) instanceof StartPosition.Offsets file) {
                file.offsets()
                        .forEach((topic, partitions) -> partitions.forEach(
                                (number, offset) -> given.put(new TopicPartition(topic, number), offset)));
            }
        } else if (!to.equals("earliest") && !to.equals("latest")) {
            throw new IllegalArgumentException(
                    "Expected earliest, latest, or a file of offsets that ends in .json; got \"" + to + "\"");
        }
        given.keySet().stream()
                .filter(partition -> !inputs.contains(partition))
                .findFirst()
                .ifPresent(partition -> {
                    throw new IllegalArgumentException(version.id() + " has no input partition " + partition.topic()
                            + ":" + partition.partition());
                });
        // A repartition topic holds what followed from records that were read before.
        List<TopicPartition> own = topics.partitionsOfExisting(version.blueprint().repartitionTopics().stream()
                .map(topic -> names.internalTopic(version.id(), topic))
                .toList());
        Map<TopicPartition, Long> committed = topics.committed(names.applicationId(version.id()));
        var all = new ArrayList<>(inputs);
        own.stream().filter(partition -> !committed.containsKey(partition)).forEach(all::add);
        Map<TopicPartition, Long> begins = topics.offsets(all, OffsetSpec.earliest());
        Map<TopicPartition, Long> ends = topics.offsets(all, OffsetSpec.latest());
        var partitions = new ArrayList<PositionReset.Partition>();
        for (TopicPartition partition : all) {
            long begin = begins.getOrDefault(partition, 0L);
            long end = ends.getOrDefault(partition, 0L);
            long offset = given.getOrDefault(partition, to.equals("latest") ? end : begin);
            if (offset < begin || offset > end) {
                throw new IllegalArgumentException("Topic " + partition.topic() + ", partition " + partition.partition()
                        + " has offsets " + begin + " to " + end + ", not " + offset);
            }
            partitions.add(new PositionReset.Partition(partition, offset, begin, end));
        }
        return new PositionReset(version.id(), partitions, ids);
    }

    private GroupState state(String group) {
        try {
            return TopicPositions.await(admin.describeConsumerGroups(List.of(group))
                            .describedGroups()
                            .values()
                            .iterator()
                            .next())
                    .groupState();
        } catch (GroupIdNotFoundException gone) {
            return GroupState.DEAD;
        }
    }

    void reset(Catalog basedOn, PositionReset reset, CatalogChange.Operator by, String command, Instant now) {
        VersionId id = reset.version();
        List<ViewVersion.Gap> skipped = reset.partitions().stream()
                .filter(partition -> partition.offset() > partition.begin())
                .map(partition ->
                        new ViewVersion.Gap(partition.partition(), partition.begin(), partition.offset(), now))
                .toList();
        writer.change(
                id.view(),
                basedOn.epoch(),
                by,
                command,
                Transition.repositioned(id, skipped, reset.topicIds()),
                new CatalogWriter.Positions(names.applicationId(id), reset.offsets()));
    }

    /** Whether there is a record in the output, a changelog or a repartition topic of a version. */
    private boolean hasResults(ViewVersion version) {
        List<String> own = Stream.concat(
                        Stream.of(names.outputTopic(version.id())),
                        version.blueprint().internalTopics().stream()
                                .map(topic -> names.internalTopic(version.id(), topic)))
                .toList();
        List<TopicPartition> partitions = topics.partitionsOfExisting(own);
        return hasRecords(partitions);
    }

    private boolean hasRecords(List<TopicPartition> partitions) {
        Map<TopicPartition, Long> begins = topics.offsets(partitions, OffsetSpec.earliest());
        Map<TopicPartition, Long> ends = topics.offsets(partitions, OffsetSpec.latest());
        var unsure = new ArrayList<TopicPartition>();
        for (TopicPartition partition : partitions) {
            // Repartition topics are emptied behind those who read them.
            if (begins.getOrDefault(partition, 0L) > 0) {
                return true;
            }
            if (ends.getOrDefault(partition, 0L) > 0) {
                unsure.add(partition);
            }
        }
        // There may be aborted transactions only.
        return unsure.stream().anyMatch(partition -> topics.hasRecords(partition, 0, ends.getOrDefault(partition, 0L)));
    }

    /** The offset that a version has committed of a partition, once no transaction is about to commit another. */
    public Optional<Long> committed(VersionId version, TopicPartition partition) {
        return Optional.ofNullable(topics.committedForSure(names.applicationId(version), List.of(partition))
                .get(partition));
    }

    /**
     * Whether the task behind a partition of a repartition topic has ever committed: its stores have changes, or records that it had
     * read have been deleted.
     *
     * @param repartition a partition of which the group has committed nothing
     * @param stores the stores of that task that only records of this partition change
     */
    public boolean hasCommitted(ViewVersion version, TopicPartition repartition, List<String> stores) {
        var own = new ArrayList<TopicPartition>();
        List<String> changelogs = stores.stream()
                .map(store -> names.changelogTopic(version.id(), store))
                .toList();
        topics.partitionsOfExisting(changelogs).stream()
                .filter(partition -> partition.partition() == repartition.partition())
                .forEach(own::add);
        return topics.offsets(List.of(repartition), OffsetSpec.earliest()).getOrDefault(repartition, 0L) > 0
                || hasRecords(own);
    }
}
