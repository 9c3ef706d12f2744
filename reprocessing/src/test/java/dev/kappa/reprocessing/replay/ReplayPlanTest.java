package dev.kappa.reprocessing.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kappa.reprocessing.cluster.RefusedException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class ReplayPlanTest {

    private static final Instant OLDEST = Instant.parse("2026-01-01T00:00:00Z");
    private static final Instant FROM = Instant.parse("2026-01-10T00:00:00Z");
    private static final Optional<Duration> LOOK_BACK = Optional.of(Duration.ofHours(2));

    private static ReplayPlan.Facts stream(int partition, long begin, long end, long atTarget) {
        return new ReplayPlan.Facts(
                new TopicPartition("posts", partition),
                false,
                false,
                begin,
                end,
                Optional.of(OLDEST),
                Optional.of(FROM),
                atTarget < 0 ? OptionalLong.empty() : OptionalLong.of(atTarget),
                OptionalLong.of(1000),
                Duration.ofHours(1));
    }

    private static ReplayPlan.Facts table(long begin, long end) {
        return new ReplayPlan.Facts(
                new TopicPartition("authors", 0),
                true,
                true,
                begin,
                end,
                Optional.of(OLDEST),
                Optional.empty(),
                OptionalLong.empty(),
                OptionalLong.of(500),
                Duration.ofHours(1));
    }

    private static List<Long> starts(ReplayPlan.Reading reading) {
        return reading.partitions().stream()
                .map(ReplayPlan.PartitionPlan::start)
                .toList();
    }

    /** An event of the time asked for may be in a record that was written an hour earlier. */
    @Test
    void streamsStartSoMuchEarlierAsEventsMayBeDatedAhead() {
        var at = new StartPosition.At("text", FROM);
        assertThat(ReplayPlan.startOf(at, Duration.ofHours(2), Duration.ofHours(1)))
                .isEqualTo(FROM.minus(Duration.ofHours(3)));
        assertThat(ReplayPlan.startOf(at, Duration.ofHours(2), Duration.ofDays(36_500)))
                .isEqualTo(Instant.EPOCH);
    }

    @Test
    void earliestReadsEverything() {
        ReplayPlan.Reading reading = ReplayPlan.reading(
                new StartPosition.Earliest(),
                LOOK_BACK,
                List.of(stream(0, 0, 100, -1), stream(1, 0, 50, -1), table(0, 9)));
        assertThat(starts(reading)).containsExactly(0L, 0L, 0L);
        assertThat(reading.completeFrom()).isEmpty();
        assertThat(reading.truncated()).isEmpty();
    }

    @Test
    void instantReadsStreamsFromItLessTheLookBackAndTablesFromTheirBeginning() {
        ReplayPlan.Reading reading = ReplayPlan.reading(
                new StartPosition.At("x", FROM),
                LOOK_BACK,
                List.of(stream(0, 0, 100, 40), stream(1, 0, 50, -1), table(3, 9)));
        assertThat(starts(reading)).containsExactly(3L, 40L, 50L);
        assertThat(reading.completeFrom()).contains(FROM);
        assertThat(reading.partitions().get(1).bytes()).hasValue(600);
    }

    @Test
    void resultsThatDependOnEverythingAreReadFromTheBeginning() {
        ReplayPlan.Reading reading =
                ReplayPlan.reading(new StartPosition.At("x", FROM), Optional.empty(), List.of(stream(0, 0, 100, 40)));
        assertThat(starts(reading)).containsExactly(0L);
        assertThat(reading.notes()).hasSize(1);
        assertThat(reading.completeFrom()).isEmpty();
    }

    @Test
    void historyThatDoesNotReachBackFarEnoughIsSaid() {
        Instant beforeAll = OLDEST.minus(Duration.ofDays(1));
        ReplayPlan.Reading reading =
                ReplayPlan.reading(new StartPosition.At("x", beforeAll), LOOK_BACK, List.of(stream(0, 7, 100, 7)));
        assertThat(reading.truncated()).singleElement().asString().contains("posts", "offset 7", OLDEST.toString());
        assertThat(reading.completeFrom()).contains(OLDEST.plus(LOOK_BACK.orElseThrow()));

        ReplayPlan.Reading nothingDeleted =
                ReplayPlan.reading(new StartPosition.At("x", beforeAll), LOOK_BACK, List.of(stream(0, 0, 100, 0)));
        assertThat(nothingDeleted.truncated()).isEmpty();
    }

    /** Whatever the replay starts from: what is gone cannot be counted again. */
    @Test
    void deletedHistoryIsTruncated() {
        assertThat(ReplayPlan.reading(new StartPosition.Earliest(), LOOK_BACK, List.of(stream(0, 7, 100, -1)))
                        .truncated())
                .singleElement()
                .asString()
                .contains("posts", "offset 7");
        assertThat(ReplayPlan.reading(new StartPosition.Earliest(), LOOK_BACK, List.of(table(3, 9)))
                        .truncated())
                .singleElement()
                .asString()
                .contains("authors", "offset 3", "keys that were not written since");
    }

    @Test
    void compactedStreamIsTruncatedAndSaidOnce() {
        var compacted = new ReplayPlan.Facts(
                new TopicPartition("posts", 0),
                false,
                true,
                0,
                100,
                Optional.of(OLDEST),
                Optional.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                Duration.ZERO);
        assertThat(ReplayPlan.reading(new StartPosition.Earliest(), LOOK_BACK, List.of(compacted, compacted))
                        .truncated())
                .singleElement()
                .asString()
                .contains("posts is compacted");
    }

    @Test
    void offsetsAreTakenAsGivenAndChecked() {
        var given = new StartPosition.Offsets("o.json", Map.of("posts", Map.of(0, 30L)));
        ReplayPlan.Reading reading =
                ReplayPlan.reading(given, LOOK_BACK, List.of(stream(0, 0, 100, -1), stream(1, 0, 50, -1)));
        assertThat(starts(reading)).containsExactly(30L, 0L);
        assertThat(reading.completeFrom()).contains(FROM.plus(LOOK_BACK.orElseThrow()));

        assertThatThrownBy(() -> ReplayPlan.reading(given, LOOK_BACK, List.of(stream(0, 0, 20, -1))))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("ends at offset 20");
        assertThatThrownBy(() -> ReplayPlan.reading(
                        new StartPosition.Offsets("o", Map.of("authors", Map.of(0, 1L))),
                        LOOK_BACK,
                        List.of(table(0, 9))))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("table");
        assertThatThrownBy(() -> ReplayPlan.reading(
                        new StartPosition.Offsets("o", Map.of("others", Map.of(0, 1L))),
                        LOOK_BACK,
                        List.of(table(0, 9))))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("others");
    }

    @Test
    void positionsAreReadAsPeopleWriteThem() {
        assertThat(StartPosition.parse("earliest", FROM)).isInstanceOf(StartPosition.Earliest.class);
        assertThat(StartPosition.parse("PT6H", FROM))
                .isEqualTo(new StartPosition.At("PT6H", FROM.minus(Duration.ofHours(6))));
        assertThat(StartPosition.parse("2026-01-01T00:00:00Z", FROM))
                .isEqualTo(new StartPosition.At("2026-01-01T00:00:00Z", OLDEST));
        for (String wrong : List.of("yesterday", "PT", "2027-01-01T00:00:00Z", "-PT1H", "none.json", "")) {
            assertThatThrownBy(() -> StartPosition.parse(wrong, FROM))
                    .as(wrong)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
