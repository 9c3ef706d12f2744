package dev.kappa.app.version;

import dev.kappa.app.alignment.Alignment;
import dev.kappa.app.alignment.Position;
import dev.kappa.catalog.PartitionPosition;
import dev.kappa.catalog.VersionReport;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;

/** Where input partitions stand, as instances tell each other. */
final class PositionReports {

    private PositionReports() {}

    /** Where the partitions stand that are read here, to be told. */
    static List<PartitionPosition> tell(Alignment alignment) {
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

    /** Reads a report. A report in the format of a newer release counts as none. */
    static Map<TopicPartition, Position> of(VersionReport report) {
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
