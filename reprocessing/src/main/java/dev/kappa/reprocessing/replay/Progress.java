package dev.kappa.reprocessing.replay;

import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.ViewVersion;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;

/**
 * How far a version has come, by the offsets it has committed.
 *
 * @param version the version
 * @param partitions its partitions, inputs first; repartition topics among them
 * @param eventTime event time of the newest event it has processed, if an instance has reported one
 * @param instances what each instance that is alive does with it, as {@code HOST:PORT STATE}
 */
public record Progress(
        ViewVersion version, List<Position> partitions, Optional<Instant> eventTime, List<String> instances) {

    /**
     * One partition.
     *
     * @param partition which
     * @param input whether it is an input, not a repartition topic
     * @param start where the version began
     * @param planned where it ended when the replay was planned
     * @param position the next offset to be read; the end where only ends of transactions are left
     * @param end where it ends now
     */
    public record Position(TopicPartition partition, boolean input, long start, long planned, long position, long end) {
        /** Records that have not been read. */
        public long lag() {
            return Math.max(0, end - position);
        }
    }

    public Progress {
        partitions = partitions.stream()
                .sorted(Comparator.comparing(Position::input)
                        .reversed()
                        .thenComparing(position -> position.partition().toString()))
                .toList();
        instances = List.copyOf(instances);
    }

    /** Offsets read of those that were planned. */
    public long done() {
        return partitions.stream()
                .filter(Position::input)
                .mapToLong(partition -> Math.min(partition.position(), partition.planned()) - partition.start())
                .map(read -> Math.max(0, read))
                .sum();
    }

    /** Offsets that were planned. */
    public long total() {
        return partitions.stream()
                .filter(Position::input)
                .mapToLong(partition -> Math.max(0, partition.planned() - partition.start()))
                .sum();
    }

    /** Offsets read, those that came after the plan included. */
    public long read() {
        return partitions.stream()
                .filter(Position::input)
                .mapToLong(partition -> Math.max(0, partition.position() - partition.start()))
                .sum();
    }

    /** Input records that have not been read. */
    public long lag() {
        return partitions.stream()
                .filter(Position::input)
                .mapToLong(Position::lag)
                .sum();
    }

    /** Whether everything that was there when the replay was planned has been read. */
    public boolean isRangeDone() {
        return partitions.stream()
                .filter(Position::input)
                .allMatch(partition -> partition.position() >= partition.planned());
    }

    /** Whether a version that keeps up no longer does. */
    public boolean isBehind(long maxLag) {
        return version.phase().isRun() && version.phase() != Phase.REPLAYING && !isWithin(maxLag);
    }

    /** How many repartition topics it has. */
    int repartitionTopics() {
        return (int) partitions.stream()
                .filter(partition -> !partition.input())
                .map(partition -> partition.partition().topic())
                .distinct()
                .count();
    }

    /** Where its repartition topics end now. */
    Map<TopicPartition, Long> repartitionEnds() {
        return partitions.stream()
                .filter(partition -> !partition.input())
                .collect(Collectors.toMap(Position::partition, Position::end));
    }

    /** Whether it has read its partitions up to these offsets. */
    boolean hasReached(Map<TopicPartition, Long> offsets) {
        return partitions.stream()
                .allMatch(partition -> partition.position() >= offsets.getOrDefault(partition.partition(), 0L));
    }

    /** Whether every partition is at most so many records from its end. */
    public boolean isWithin(long maxLag) {
        return partitions.stream().allMatch(partition -> partition.lag() <= maxLag);
    }
}
