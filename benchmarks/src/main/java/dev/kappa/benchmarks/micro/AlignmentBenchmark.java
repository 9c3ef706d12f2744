package dev.kappa.benchmarks.micro;

import dev.kappa.app.alignment.Alignment;
import dev.kappa.app.alignment.Position;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Cost of alignment in each poll, for each partition. */
@State(Scope.Benchmark)
public class AlignmentBenchmark {

    private static final long NOW = 1_767_225_600_000L;

    /** Partitions of the version. */
    @Param({"4", "64"})
    public int partitions;

    private Alignment alignment = new Alignment(Duration.ofMinutes(5), Duration.ofSeconds(1));
    private TopicPartition first = new TopicPartition("events", 0);

    /** All partitions are being read. */
    @Setup
    public void read() {
        alignment = new Alignment(Duration.ofMinutes(5), Duration.ofSeconds(1));
        List<TopicPartition> all = IntStream.range(0, partitions)
                .mapToObj(number -> new TopicPartition("events", number))
                .toList();
        alignment.add(all, Alignment.Role.STREAM);
        all.forEach(partition ->
                alignment.here(partition, new Position(NOW + partition.partition(), Position.Standing.READING, NOW)));
        first = all.getFirst();
    }

    /** How far a partition may be read. */
    @Benchmark
    public Alignment.Limit limit() {
        return alignment.limits(NOW + 1).of(first, NOW);
    }

    /** Where it stands now. */
    @Benchmark
    public void here() {
        alignment.here(first, new Position(NOW, Position.Standing.READING, NOW));
    }
}
