package dev.kappa.app.alignment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.app.alignment.Alignment.Role;
import dev.kappa.app.alignment.PartitionAligner.Polled;
import dev.kappa.app.alignment.PartitionAligner.Step;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PartitionAlignerTest {

    private static final TopicPartition A = partition(0);
    private static final TopicPartition B = partition(1);
    private static final long OLD = 1_700_000_000_000L;
    private static final long NOW = 1_800_000_000_000L;
    private static final ConsumerGroupMetadata GROUP = new MockConsumer<byte[], byte[]>("earliest").groupMetadata();
    private static final Duration BOUND = Duration.ofMinutes(1);

    private final Alignment alignment = new Alignment(BOUND, Duration.ofSeconds(1));
    private final CommittedOffsets committed = new CommittedOffsets();
    private final Producer<byte[], byte[]> producer = committed.watching(new MockProducer<>());
    private final Map<TopicPartition, Long> lags = new HashMap<>();
    private final PartitionAligner aligner = new PartitionAligner(
            alignment,
            Set.of(new AlignedInput("events", Role.STREAM, Optional.empty(), Optional.empty(), false)),
            committed,
            new PartitionLog() {
                @Override
                public OptionalLong lag(TopicPartition partition) {
                    Long lag = lags.get(partition);
                    return lag == null ? OptionalLong.empty() : OptionalLong.of(lag);
                }

                @Override
                public long position(TopicPartition partition) {
                    return 0;
                }

                @Override
                public long end(TopicPartition partition) {
                    return 0;
                }
            },
            () -> true);

    PartitionAlignerTest() {
        producer.initTransactions();
        alignment.add(List.of(A, B), Role.STREAM);
    }

    @Test
    void recordsTooFarAheadAreHeldUntilTheSlowestIsCommitted() {
        Step first =
                step(Map.of(A, List.of(record(A, 0, OLD), record(A, 1, OLD + 60_001)), B, List.of(record(B, 0, OLD))));
        assertThat(first.records())
                .as("where the partitions stand is not known yet")
                .isEmpty();

        Step second = step(Map.of());
        assertThat(offsets(second, A)).containsExactly(0L);
        assertThat(offsets(second, B)).containsExactly(0L);
        assertThat(Objects.requireNonNull(second.nextOffsets().get(A)).offset())
                .as("the first that is held")
                .isEqualTo(1);
        assertThat(Objects.requireNonNull(aligner.head(A)).record().offset()).isEqualTo(1);
        assertThat(aligner.awaitsCommit()).isTrue();

        lags.put(B, 0L);
        assertThat(step(Map.of()).records())
                .as("B is processed, and not committed")
                .isEmpty();
        commit(Map.of(A, 1L, B, 1L));
        step(Map.of());
        assertThat(offsets(step(Map.of()), A)).as("B has ended").containsExactly(1L);
    }

    @Test
    void whatKafkaStreamsPausesIsHeld() {
        step(Map.of(A, List.of(record(A, 0, OLD)), B, List.of(record(B, 0, OLD))));
        aligner.pausedByStreams(List.of(A));
        Step paused = step(Map.of());
        assertThat(paused.records()).containsOnlyKeys(B);
        aligner.resumedByStreams(List.of(A));
        assertThat(step(Map.of()).records()).containsOnlyKeys(A);
    }

    @Test
    void partitionThatIsForgottenIsResumedAndNothingOfItIsHeld() {
        step(Map.of(A, large(A, PartitionAligner.MAX_PAUSE_AT_BYTES + 1), B, List.of(record(B, 0, OLD))));
        assertThat(aligner.isPaused(A)).isTrue();
        assertThat(aligner.forget(List.of(A, B))).containsExactly(A);
        assertThat(aligner.isHolding()).isFalse();
        assertThat(aligner.isPaused(A)).isFalse();
    }

    /** Two hundred partitions that wait for one that nothing is known of. */
    @Test
    void heldBytesOfAConsumerAreBounded() {
        int partitions = 200;
        var assignment = new HashSet<TopicPartition>();
        IntStream.range(0, partitions).forEach(number -> assignment.add(partition(number)));
        alignment.add(List.copyOf(assignment), Role.STREAM);
        alignment.add(List.of(partition(partitions)), Role.STREAM);
        int fetched = 20_000;
        long held = 0;
        var isPaused = new HashSet<TopicPartition>();
        for (int round = 0; round < 40; round++) {
            var records = new HashMap<TopicPartition, List<ConsumerRecord<byte[], byte[]>>>();
            for (TopicPartition partition : assignment) {
                if (!isPaused.contains(partition)) {
                    records.put(partition, large(partition, fetched));
                    held += fetched;
                }
            }
            Step step = aligner.step(new Polled(records, Map.of()), assignment, NOW);
            assertThat(step.records()).isEmpty();
            isPaused.addAll(step.pause());
        }
        assertThat(isPaused).hasSize(partitions);
        assertThat(held).isLessThan(PartitionAligner.MAX_HELD_BYTES + (long) partitions * 2 * fetched);
        assertThat(PartitionAligner.pauseAtBytes(1)).isEqualTo(PartitionAligner.MAX_PAUSE_AT_BYTES);
        assertThat(PartitionAligner.pauseAtBytes(1_000_000)).isEqualTo(PartitionAligner.MIN_PAUSE_AT_BYTES);
    }

    /**
     * Records of many partitions, polled and committed at random: every record is handed over once and in order, none is further ahead
     * than the bound, and something is handed over as long as there is something.
     */
    @ParameterizedTest
    @ValueSource(ints = {300})
    void everyRecordIsHandedOverOnceAndInOrder(int histories) {
        long seed = new Random().nextLong();
        for (int history = 0; history < histories; history++) {
            new PartitionAlignerTest()
                    .randomHistory(new Random(seed + history), "seed " + seed + " history " + history);
        }
    }

    private void randomHistory(Random random, String name) {
        int partitions = 1 + random.nextInt(6);
        var assignment = new HashSet<TopicPartition>();
        var logs = new HashMap<TopicPartition, Deque<ConsumerRecord<byte[], byte[]>>>();
        var written = new HashMap<TopicPartition, List<ConsumerRecord<byte[], byte[]>>>();
        alignment.add(
                IntStream.range(0, partitions)
                        .mapToObj(PartitionAlignerTest::partition)
                        .toList(),
                Role.STREAM);
        for (int number = 0; number < Math.max(2, partitions); number++) {
            TopicPartition partition = partition(number);
            assignment.add(partition);
            var records = new ArrayList<ConsumerRecord<byte[], byte[]>>();
            long time = OLD + random.nextInt(600_000);
            for (int offset = random.nextInt(100); offset > 0; offset--) {
                time += random.nextInt(20_000);
                records.add(record(partition, records.size(), time));
            }
            written.put(partition, records);
            logs.put(partition, new ArrayDeque<>(records));
        }
        var passed = new HashMap<TopicPartition, List<ConsumerRecord<byte[], byte[]>>>();
        var done = new HashMap<TopicPartition, Long>();
        int idle = 0;
        while (passed.values().stream().mapToInt(List::size).sum()
                < written.values().stream().mapToInt(List::size).sum()) {
            var polled = new HashMap<TopicPartition, List<ConsumerRecord<byte[], byte[]>>>();
            logs.forEach((partition, log) -> {
                var some = new ArrayList<ConsumerRecord<byte[], byte[]>>();
                for (int n = random.nextInt(10); n > 0 && !log.isEmpty() && !aligner.isPaused(partition); n--) {
                    some.add(log.remove());
                }
                if (!some.isEmpty()) {
                    polled.put(partition, some);
                }
                lags.put(partition, (long) log.size());
            });
            Step step = aligner.step(new Polled(polled, Map.of()), assignment, NOW);
            step.records()
                    .forEach((partition, records) -> passed.computeIfAbsent(partition, _ -> new ArrayList<>())
                            .addAll(records));
            step.nextOffsets().forEach((partition, next) -> done.put(partition, next.offset()));
            assertThat(spread(passed, written)).as(name).isLessThanOrEqualTo(BOUND.toMillis());
            if (random.nextBoolean()) {
                var offsets = new HashMap<TopicPartition, Long>();
                passed.forEach((partition, records) ->
                        offsets.put(partition, records.getLast().offset() + 1));
                commit(offsets);
            }
            idle = step.records().isEmpty() ? idle + 1 : 0;
            assertThat(idle).as("nothing is handed over any more, %s", name).isLessThan(200);
        }
        written.forEach((partition, records) -> assertThat(passed.getOrDefault(partition, List.of()))
                .as("%s %s", name, partition)
                .isEqualTo(records));
    }

    /** How far the furthest partition is ahead of the slowest that has more. */
    private static long spread(
            Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> passed,
            Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> written) {
        long slowest = written.entrySet().stream()
                .filter(log -> passed.getOrDefault(log.getKey(), List.of()).size()
                        < log.getValue().size())
                .mapToLong(log -> log.getValue()
                        .get(passed.getOrDefault(log.getKey(), List.of()).size())
                        .timestamp())
                .min()
                .orElse(Long.MAX_VALUE);
        long furthest = passed.values().stream()
                .mapToLong(records -> records.getLast().timestamp())
                .max()
                .orElse(Long.MIN_VALUE);
        return slowest == Long.MAX_VALUE || furthest == Long.MIN_VALUE ? 0 : furthest - slowest;
    }

    private Step step(Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> records) {
        return aligner.step(new Polled(records, Map.of()), Set.of(A, B), NOW);
    }

    private void commit(Map<TopicPartition, Long> offsets) {
        producer.beginTransaction();
        var committing = new HashMap<TopicPartition, OffsetAndMetadata>();
        offsets.forEach((partition, offset) -> committing.put(partition, new OffsetAndMetadata(offset)));
        producer.sendOffsetsToTransaction(committing, GROUP);
        producer.commitTransaction();
    }

    private static List<Long> offsets(Step step, TopicPartition partition) {
        return step.records().getOrDefault(partition, List.of()).stream()
                .map(ConsumerRecord::offset)
                .toList();
    }

    private static TopicPartition partition(int number) {
        return new TopicPartition("events", number);
    }

    private static List<ConsumerRecord<byte[], byte[]>> large(TopicPartition partition, long bytes) {
        return List.of(record(partition, 0, OLD, (int) bytes));
    }

    private static ConsumerRecord<byte[], byte[]> record(TopicPartition partition, long offset, long time) {
        return record(partition, offset, time, 10);
    }

    /** A record that carries its time as those of repartition topics do. */
    private static ConsumerRecord<byte[], byte[]> record(TopicPartition partition, long offset, long time, int bytes) {
        var headers = new RecordHeaders();
        headers.add(
                "kappa.event-time",
                ByteBuffer.allocate(Long.BYTES).putLong(time).array());
        return new ConsumerRecord<>(
                partition.topic(),
                partition.partition(),
                offset,
                time,
                TimestampType.CREATE_TIME,
                0,
                bytes,
                new byte[0],
                new byte[0],
                headers,
                Optional.empty());
    }
}
