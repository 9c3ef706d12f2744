package dev.kappa.reprocessing.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LatestTimesTest {

    @Test
    void oneResultThatIsDatedAheadDoesNotMoveThePlace() {
        LatestTimes times = LatestTimes.from(1_000).with(3_601_000);
        assertThat(times.earliest()).isEqualTo(1_000);
        assertThat(times.with(1_001).earliest()).isEqualTo(1_000);
    }

    @Test
    void fewResultsDoNotMoveThePlaceFromTheBeginning() {
        assertThat(LatestTimes.from(Long.MIN_VALUE).with(3_601_000).with(1_000).earliest())
                .isEqualTo(Long.MIN_VALUE);
    }

    @Test
    void placeIsTheEarliestOfTheLatestHundredTimesOrOfAFewMore() {
        var random = new SplittableRandom(1);
        var all = new ArrayList<Long>();
        LatestTimes times = LatestTimes.from(Long.MIN_VALUE);
        for (int i = 0; i < 10_000; i++) {
            long time = random.nextLong(1_000_000);
            all.add(time);
            times = times.with(time);
            if (all.size() >= 2 * LatestTimes.COUNT) {
                assertThat(times.earliest())
                        .isLessThanOrEqualTo(earliestOfLast(LatestTimes.COUNT, all))
                        .isGreaterThanOrEqualTo(earliestOfLast(2 * LatestTimes.COUNT, all));
            }
        }
    }

    private static long earliestOfLast(int count, List<Long> all) {
        return Collections.min(all.subList(all.size() - count, all.size()));
    }

    @Test
    void placeMovesAlthoughEverySessionOfAReaderIsShort() {
        var note = new PositionNote(1);
        for (int session = 0; session < 100; session++) {
            note = PositionNote.of(note.at(session, Instant.EPOCH));
            for (int result = 0; result < 20; result++) {
                note = note.with(1, session * 20L + result);
            }
        }
        assertThat(note.continueFrom()).isBetween(1_800L, 1_900L);
    }
}
