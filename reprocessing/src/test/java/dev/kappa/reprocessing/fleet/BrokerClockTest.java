package dev.kappa.reprocessing.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class BrokerClockTest {

    private static final long MS = 1_000_000;

    private final BrokerClock clock = new BrokerClock();

    @Test
    void recordThatArrivedSoonestTellsTheTime() {
        clock.arrived(10_000, 500 * MS);
        assertThat(clock.now(700 * MS)).isEqualTo(10_200);
        // This one was read late.
        clock.arrived(10_050, 800 * MS);
        assertThat(clock.now(800 * MS)).isEqualTo(10_300);
        clock.arrived(10_310, 800 * MS);
        assertThat(clock.now(800 * MS)).isEqualTo(10_310);
    }

    @Test
    void clockThatIsSetBackIsFollowedAtOnce() {
        clock.arrived(600_000, 0);
        clock.arrived(2_000, 2_000 * MS);
        assertThat(clock.now(2_000 * MS)).isEqualTo(2_000);
        assertThat(clock.isAhead(600_000, 2_000 * MS)).isTrue();
        clock.arrived(1_500, 2_100 * MS);
        assertThat(clock.now(2_100 * MS)).as("corrected a little").isEqualTo(2_100);
    }

    @Test
    void nothingIsKnownBeforeTheFirstRecord() {
        assertThatThrownBy(() -> clock.now(0)).isInstanceOf(IllegalStateException.class);
    }
}
