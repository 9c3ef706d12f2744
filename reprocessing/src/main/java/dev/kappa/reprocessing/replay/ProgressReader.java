package dev.kappa.reprocessing.replay;

import dev.kappa.catalog.InstanceReport;
import dev.kappa.catalog.VersionReport;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.TopicPositions;
import dev.kappa.reprocessing.fleet.Fleet;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/** Reads how far versions are. Thread-safe. */
final class ProgressReader {

    private final ClusterNames names;
    private final TopicPositions topics;

    ProgressReader(ClusterNames names, TopicPositions topics) {
        this.names = names;
        this.topics = topics;
    }

    /**
     * How far a version has come.
     *
     * @param instances the reports of the instances that are alive
     */
    Progress of(ViewVersion version, List<InstanceReport> instances) {
        Map<TopicPartition, Long> committed = topics.committed(names.applicationId(version.id()));
        Map<TopicPartition, ViewVersion.Range> ranges = version.origin()
                .map(origin -> origin.ranges().stream()
                        .collect(Collectors.toMap(ViewVersion.Range::partition, range -> range)))
                .orElse(Map.of());
        var all = new TreeSet<TopicPartition>(TopicPositions.BY_TOPIC_AND_NUMBER);
        all.addAll(topics.partitions(version.blueprint().inputTopics()));
        List<TopicPartition> inputs = List.copyOf(all);
        // Also those of which nothing has been committed: their instance may never have come to it.
        all.addAll(topics.partitionsOfExisting(version.blueprint().repartitionTopics().stream()
                .map(topic -> names.internalTopic(version.id(), topic))
                .toList()));
        Map<TopicPartition, Long> ends = topics.offsets(all, OffsetSpec.latest());
        var positions = new ArrayList<Progress.Position>();
        for (TopicPartition partition : all) {
            ViewVersion.Range range = ranges.get(partition);
            long start = range == null ? 0 : range.start();
            long planned = range == null ? 0 : range.end();
            long at = committed.getOrDefault(partition, start);
            long end = ends.getOrDefault(partition, 0L);
            // A partition whose last offsets hold no record, but ends of transactions, is never committed further.
            long goal = inputs.contains(partition) ? planned : end;
            if (at < goal && version.phase().isUnderWay() && !topics.hasRecords(partition, at, goal)) {
                at = goal;
            }
            positions.add(new Progress.Position(partition, inputs.contains(partition), start, planned, at, end));
        }
        Optional<Instant> eventTime = instances.stream()
                .flatMap(instance -> Fleet.of(instance, version.id()).stream())
                .map(VersionReport::getNewestEvent)
                .filter(Objects::nonNull)
                .max(Instant::compareTo);
        List<String> states = instances.stream()
                .flatMap(instance -> Fleet.of(instance, version.id()).stream()
                        .map(report -> instance.getAdvertised() + " " + report.getState()
                                + (report.getDetail() == null ? "" : " (" + report.getDetail() + ")")))
                .toList();
        return new Progress(version, positions, eventTime, states);
    }
}
