package dev.kappa.app.alignment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.app.alignment.Alignment.Role;
import dev.kappa.app.alignment.Position.Standing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AlignmentTest {

    private static final TopicPartition A = new TopicPartition("a", 0);
    private static final TopicPartition B = new TopicPartition("a", 1);
    private static final TopicPartition TABLE = new TopicPartition("t", 0);
    private static final long NOW = 1_800_000_000_000L;
    private static final long OLD = 1_700_000_000_000L;

    private final Alignment alignment = new Alignment(Duration.ofMinutes(1), Duration.ofSeconds(1));

    @Test
    void partitionMayBeTheBoundAheadOfTheSlowest() {
        streams(A, B);
        alignment.here(B, reading(OLD));

        assertThat(alignment.limits(NOW).of(A, NOW).allows(OLD + 60_000)).isTrue();
        assertThat(alignment.limits(NOW).of(A, NOW).allows(OLD + 60_001)).isFalse();
        assertThat(alignment.limits(NOW).of(A, NOW).on()).isEqualTo(B);
    }

    @Test
    void nothingGoesBeforeEveryPartitionIsKnown() {
        streams(A, B);

        assertThat(alignment.limits(NOW).of(A, NOW).allows(OLD)).isFalse();
        alignment.elsewhere(Map.of(B, reading(OLD)), NOW);
        assertThat(alignment.limits(NOW).of(A, NOW).allows(OLD)).isTrue();
    }

    @Test
    void partitionAtItsEndHoldsTheOthersForTheIdleTimeout() {
        streams(A, B);
        alignment.here(B, new Position(OLD, Standing.AT_END, NOW - 999));
        assertThat(alignment.limits(NOW).of(A, NOW).allows(NOW)).isFalse();

        alignment.here(B, new Position(OLD, Standing.AT_END, NOW - 1_000));
        assertThat(alignment.limits(NOW).of(A, NOW).allows(NOW)).isTrue();
    }

    @Test
    void partitionWhoseReplayIsOverHoldsNobody() {
        streams(A, B);
        alignment.here(B, new Position(OLD, Standing.OVER, NOW));
        assertThat(alignment.limits(NOW).of(A, NOW).allows(NOW)).isTrue();
    }

    @Test
    void emptyPartitionHoldsNobody() {
        streams(A, B);
        alignment.here(B, new Position(Position.NO_TIME, Standing.AT_END, NOW));
        assertThat(alignment.limits(NOW).of(A, NOW).allows(NOW)).isTrue();
    }

    @Test
    void tableIsLoadedBeforeAnyEvent() {
        streams(A);
        alignment.add(List.of(TABLE), Role.TABLE);
        alignment.here(TABLE, new Position(OLD, Standing.LOADING, NOW));
        assertThat(alignment.limits(NOW).of(A, NOW).allows(OLD - 1)).isFalse();

        alignment.here(TABLE, reading(OLD));
        assertThat(alignment.limits(NOW).of(A, NOW).allows(OLD)).isTrue();
        assertThat(alignment.limits(NOW).of(A, NOW).allows(OLD + 1)).isFalse();
    }

    @Test
    void oldEventsWaitForWhatMayStillComeToATableAndPresentOnesDoNot() {
        streams(A);
        alignment.add(List.of(TABLE), Role.TABLE);
        alignment.here(TABLE, new Position(OLD, Standing.AT_END, NOW - 60_000));

        // The events have just begun to come; what was written to the table before them may not have come yet.
        assertThat(alignment.limits(NOW).of(A, NOW - 500).allows(OLD + 1)).isFalse();
        assertThat(alignment.limits(NOW).of(A, NOW - 500).allows(NOW)).isTrue();
        assertThat(alignment.limits(NOW).of(A, NOW - 1_000).allows(OLD + 1)).isTrue();
    }

    @Test
    void tablesAreReadWithoutWaiting() {
        streams(A, B);
        alignment.add(List.of(TABLE), Role.TABLE);
        assertThat(alignment.limits(NOW).of(TABLE, NOW).allows(NOW)).isTrue();
    }

    @Test
    void whatAnotherInstanceSaidCountsUntilThePartitionIsReadHere() {
        streams(A, B);
        alignment.elsewhere(Map.of(B, reading(OLD)), NOW);
        alignment.here(B, reading(NOW));
        assertThat(alignment.limits(NOW).of(A, NOW).allows(NOW)).isTrue();

        alignment.gone(B);
        assertThat(alignment.limits(NOW).of(A, NOW).allows(NOW)).isTrue();
    }

    /** The other host's clock is ten minutes behind. */
    @Test
    void timesOfAnotherHostsClockDoNotCount() {
        streams(A, B);
        var atEnd = new Position(OLD, Standing.AT_END, NOW - 600_000);
        alignment.elsewhere(Map.of(B, atEnd), NOW);
        assertThat(alignment.limits(NOW).of(A, NOW).allows(NOW)).isFalse();
        // It counts from the first report on.
        alignment.elsewhere(Map.of(B, atEnd), NOW + 900);
        assertThat(alignment.limits(NOW + 1_000).of(A, NOW).allows(NOW)).isTrue();
    }

    @Test
    void partitionThatMovesOrIsRestoredHasNotGoneBack() {
        streams(A, B);
        alignment.here(B, reading(NOW));
        alignment.here(B, Position.UNKNOWN);
        assertThat(alignment.limits(NOW).of(A, NOW).allows(NOW)).isTrue();

        alignment.gone(B);
        alignment.elsewhere(Map.of(B, reading(OLD)), NOW);
        assertThat(alignment.limits(NOW).of(A, NOW).allows(NOW)).isTrue();
    }

    /** Whatever the order and the times, something always goes on, and nothing is further ahead than the bound. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void everythingIsReadAndNeverFurtherApartThanTheBound(long seed) {
        var random = new Random(seed);
        var partitions = new ArrayList<List<Long>>();
        for (int p = 0; p < 5; p++) {
            var times = new ArrayList<Long>();
            long time = OLD + random.nextInt(1_000_000);
            for (int i = random.nextInt(200); i >= 0; i--) {
                time += random.nextInt(30_000);
                times.add(random.nextInt(10) == 0 ? time - random.nextInt(500_000) : time);
            }
            partitions.add(times);
            alignment.add(List.of(partition(p)), Role.STREAM);
        }
        int[] next = new int[partitions.size()];
        int left = partitions.stream().mapToInt(List::size).sum();
        while (left > 0) {
            for (int p = 0; p < next.length; p++) {
                alignment.here(partition(p), position(partitions.get(p), next[p]));
            }
            int before = left;
            for (int p = 0; p < next.length; p++) {
                List<Long> times = partitions.get(p);
                if (next[p] < times.size()
                        && alignment.limits(NOW).of(partition(p), NOW).allows(times.get(next[p]))) {
                    assertAtMostTheBoundAhead(partitions, next, p);
                    next[p]++;
                    left--;
                }
            }
            assertThat(left).as("something goes on, seed %d", seed).isLessThan(before);
        }
    }

    private static void assertAtMostTheBoundAhead(List<List<Long>> partitions, int[] next, int p) {
        for (int other = 0; other < next.length; other++) {
            if (other != p && next[other] < partitions.get(other).size()) {
                long slowest = position(partitions.get(other), next[other]).time();
                assertThat(partitions.get(p).get(next[p])).isLessThanOrEqualTo(slowest + 60_000);
            }
        }
    }

    /** The newest time up to and including the next event; at its end when there is none. */
    private static Position position(List<Long> times, int next) {
        long newest = times.subList(0, Math.min(next + 1, times.size())).stream()
                .mapToLong(Long::longValue)
                .max()
                .orElseThrow();
        return next < times.size() ? reading(newest) : new Position(newest, Standing.OVER, NOW);
    }

    private static TopicPartition partition(int number) {
        return new TopicPartition("p", number);
    }

    private void streams(TopicPartition... partitions) {
        alignment.add(List.of(partitions), Role.STREAM);
    }

    private static Position reading(long time) {
        return new Position(time, Standing.READING, NOW);
    }
}
