package dev.kappa.app.version;

import dev.kappa.app.alignment.Alignment;
import dev.kappa.app.alignment.Position;
import dev.kappa.catalog.PartitionPosition;
import dev.kappa.catalog.VersionReport;
import dev.kappa.reprocessing.cluster.VersionId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;

/** The part of an instance's report that is about versions. */
final class VersionReports {

    private VersionReports() {}

    /** The report about a version. */
    static VersionReport of(VersionId version, LocalVersion local, Optional<VersionRunner> runner) {
        return new VersionReport(
                version.view(),
                version.number(),
                local.state().name(),
                runner.flatMap(VersionRunner::newestEvent).orElse(null),
                local.detail().orElse(null),
                runner.map(VersionRunner::lost).orElse(0L),
                runner.flatMap(VersionRunner::incompleteCopies).orElse(0),
                runner.map(VersionRunner::completeCopies).orElse(0),
                runner.map(VersionRunner::records).orElse(0L),
                runner.map(running -> running.activity().written()).orElse(0L),
                runner.map(VersionRunner::deadLetters).orElse(0L),
                runner.map(running -> running.late().values().stream()
                                .mapToLong(Long::longValue)
                                .sum())
                        .orElse(0L),
                runner.flatMap(VersionRunner::lag).orElse(null),
                runner.flatMap(VersionRunner::alignment)
                        .map(VersionReports::positions)
                        .orElse(List.of()));
    }

    /** The positions of the partitions that are read here. */
    private static List<PartitionPosition> positions(Alignment alignment) {
        Map<TopicPartition, Alignment.Wait> waits =
                alignment.waiting().stream().collect(Collectors.toMap(Alignment.Wait::partition, Function.identity()));
        return alignment.tell().entrySet().stream()
                .map(entry -> {
                    Position position = entry.getValue();
                    Alignment.Wait wait = waits.get(entry.getKey());
                    return new PartitionPosition(
                            entry.getKey().topic(),
                            entry.getKey().partition(),
                            position.time() == Position.NO_TIME ? null : position.time(),
                            position.standing().name(),
                            position.since(),
                            wait == null ? null : wait.on().toString(),
                            wait == null ? null : wait.since());
                })
                .toList();
    }

    /** The positions in a report. A report in the format of a newer release counts as none. */
    static Map<TopicPartition, Position> positions(VersionReport report) {
        var positions = new HashMap<TopicPartition, Position>();
        for (PartitionPosition said : report.getPositions()) {
            for (Position.Standing standing : Position.Standing.values()) {
                if (standing.name().equals(said.getStanding())) {
                    long time = said.getTime() == null ? Position.NO_TIME : said.getTime();
                    positions.put(
                            new TopicPartition(said.getTopic(), said.getPartition()),
                            new Position(time, standing, said.getSince()));
                }
            }
        }
        return positions;
    }
}
