package dev.kappa.reprocessing.reader;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.reprocessing.cluster.LatestTimes;
import dev.kappa.reprocessing.cluster.PositionNote;
import dev.kappa.reprocessing.cluster.TopicSettings;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.reader.ViewReader.Policy;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReadingPlanTest {

    private static final VersionId V1 = new VersionId("trends", 1);
    private static final VersionId V2 = new VersionId("trends", 2);
    private static final VersionId V3 = new VersionId("trends", 3);
    private static final long EPOCH = 30;
    private static final Instant NOW = Instant.parse("2026-01-10T00:00:00Z");
    private static final Optional<ReadingPlan.Before> BEFORE = Optional.of(new ReadingPlan.Before(
            V1, 10, Map.of(0, new PositionNote(10, 5_000, 0, LatestTimes.from(4_000), 0), 1, new PositionNote(10))));

    @Test
    void groupThatHasReadTheVersionSinceTheSwitchResumes() {
        var committed = new PositionNote(EPOCH, 7_000, 5_000, LatestTimes.from(7_000), NOW.toEpochMilli() - 1_000);
        for (Policy policy : Policy.values()) {
            ReadingPlan plan = ReadingPlan.of(policy, committed, EPOCH, BEFORE, 0, NOW);
            assertThat(plan).isEqualTo(new ReadingPlan.Resume());
            assertThat(plan.note(committed, EPOCH)).isEqualTo(committed);
        }
    }

    /** It may have missed that keys were deleted. */
    @Test
    void groupThatWasAwayForDaysBeginsAnew() {
        Instant then = NOW.minus(TopicSettings.LONGEST_ABSENCE);
        for (Policy policy : Policy.values()) {
            assertThat(ReadingPlan.of(
                            policy,
                            new PositionNote(EPOCH, 7_000, 0, LatestTimes.from(7_000), then.toEpochMilli()),
                            EPOCH,
                            BEFORE,
                            0,
                            NOW))
                    .isEqualTo(new ReadingPlan.Resume());
            assertThat(ReadingPlan.of(
                            policy,
                            new PositionNote(EPOCH, 7_000, 0, LatestTimes.from(7_000), then.toEpochMilli() - 1),
                            EPOCH,
                            BEFORE,
                            0,
                            NOW))
                    .isEqualTo(new ReadingPlan.FromBeginning());
        }
    }

    @Test
    void memberRemembersWhatIsNotCommitted() {
        var own = Map.of(0, new PositionNote(20, 9_000, 0, LatestTimes.from(8_000), 0));
        assertThat(ReadingPlan.Before.of(Optional.empty(), V2, 20, own)).isEqualTo(new ReadingPlan.Before(V2, 20, own));
        assertThat(ReadingPlan.Before.of(BEFORE, V2, 20, own)).isEqualTo(new ReadingPlan.Before(V2, 20, own));
    }

    @Test
    void groupMayHaveReadMoreThanAMember() {
        var own = Map.of(0, new PositionNote(10, 9_000, 0, LatestTimes.from(8_000), 0));
        ReadingPlan.Before both = ReadingPlan.Before.of(BEFORE, V1, 10, own);
        assertThat(both.notes()).containsEntry(0, own.get(0)).containsKey(1);
        assertThat(ReadingPlan.Before.of(BEFORE, V2, 5, own)).isEqualTo(BEFORE.orElseThrow());
    }

    @Test
    void offsetOfAnEarlierSwitchDoesNotCount() {
        assertThat(ReadingPlan.of(Policy.FROM_START, new PositionNote(EPOCH - 1, 7_000, 0), EPOCH, BEFORE, 0, NOW))
                .isEqualTo(new ReadingPlan.FromBeginning());
    }

    @Test
    void continuingReaderBeginsWhereItWasInTheVersionBefore() {
        ReadingPlan plan = ReadingPlan.of(Policy.CONTINUE, PositionNote.NONE, EPOCH, BEFORE, 0, NOW);
        assertThat(plan).isEqualTo(new ReadingPlan.FromTime(4_000, 5_000));
        assertThat(plan.note(PositionNote.NONE, EPOCH))
                .isEqualTo(new PositionNote(EPOCH, 5_000, 5_000, LatestTimes.from(4_000), 0));
    }

    @Test
    void partitionOfWhichNothingWasReadBeginsAtItsBeginning() {
        for (int partition : new int[] {1, 2}) {
            assertThat(ReadingPlan.of(Policy.CONTINUE, PositionNote.NONE, EPOCH, BEFORE, partition, NOW))
                    .isEqualTo(new ReadingPlan.FromBeginning());
        }
        assertThat(ReadingPlan.of(Policy.CONTINUE, PositionNote.NONE, EPOCH, Optional.empty(), 0, NOW))
                .isEqualTo(new ReadingPlan.FromBeginning());
    }

    @Test
    void versionReadLastIsTheOneOfTheNewestSwitchButThisOne() {
        var committed = Map.of(
                V1, Map.of(0, new PositionNote(10, 100, 0), 1, PositionNote.NONE),
                V2, Map.of(0, new PositionNote(20, 50, 0), 1, new PositionNote(20, 70, 0)),
                V3, Map.of(0, new PositionNote(EPOCH, 900, 0)));
        assertThat(ReadingPlan.before(committed, EPOCH))
                .hasValue(new ReadingPlan.Before(
                        V2, 20, Map.of(0, new PositionNote(20, 50, 0), 1, new PositionNote(20, 70, 0))));
        assertThat(ReadingPlan.before(Map.of(V3, Map.of(0, new PositionNote(EPOCH, 900, 0))), EPOCH))
                .isEmpty();
    }
}
