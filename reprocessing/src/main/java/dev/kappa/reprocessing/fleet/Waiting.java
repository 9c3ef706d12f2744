package dev.kappa.reprocessing.fleet;

import dev.kappa.catalog.InstanceReport;
import dev.kappa.reprocessing.cluster.VersionId;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/**
 * An input partition that is held back until another one has come closer in event time.
 *
 * @param partition which one, as topic and partition
 * @param on the partition it waits for
 * @param since since when
 */
public record Waiting(String partition, String on, Instant since) {

    /** Partitions wait for each other all the time; only a longer wait is worth a remark. */
    private static final Duration LONG = Duration.ofSeconds(30);

    /** The partitions of a version that wait, by what its instances have said. */
    public static List<Waiting> of(List<InstanceReport> alive, VersionId version) {
        return alive.stream()
                .flatMap(report -> Fleet.of(report, version).stream())
                .flatMap(report -> report.getPositions().stream())
                .filter(position -> position.getWaitsFor() != null && position.getWaitsSince() != null)
                .map(position -> new Waiting(
                        position.getTopic() + "-" + position.getPartition(),
                        position.getWaitsFor(),
                        Instant.ofEpochMilli(position.getWaitsSince())))
                .sorted(Comparator.comparing(Waiting::partition))
                .toList();
    }

    /** Whether it lasts longer than is usual, as of a time. */
    public boolean isLong(Instant now) {
        return lasts(now).compareTo(LONG) > 0;
    }

    /** For how long, as of a time. */
    public Duration lasts(Instant now) {
        Duration lasted = Duration.between(since, now);
        return lasted.isNegative() ? Duration.ZERO : lasted;
    }
}
