package dev.kappa.reprocessing.reader;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LatestTimesTest {

    private final LatestTimes times = new LatestTimes();

    @Test
    void oneResultThatIsDatedAheadDoesNotMoveThePlace() {
        times.earliestWith(1_000);
        assertThat(times.earliestWith(3_601_000)).isEqualTo(1_000);
        assertThat(times.earliestWith(1_001)).isEqualTo(1_000);
    }

    @Test
    void placeFollowsTheResults() {
        long earliest = 0;
        for (int time = 0; time < 1_000; time++) {
            earliest = times.earliestWith(time);
        }
        assertThat(earliest).isEqualTo(1_000 - LatestTimes.COUNT);
    }
}
