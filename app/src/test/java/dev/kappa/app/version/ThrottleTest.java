package dev.kappa.app.version;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ThrottleTest {

    private static final long NOW = Duration.ofDays(1).toNanos();
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final Throttle throttle = new Throttle();

    @Test
    void withoutRateNobodyWaits() {
        for (int i = 0; i < 1000; i++) {
            assertThat(throttle.reserve(NOW)).isZero();
        }
    }

    @Test
    void recordsAreSpreadOverTime() {
        throttle.set(10);
        long now = NOW;
        for (int i = 0; i < 100; i++) {
            now += throttle.reserve(now).toNanos();
        }
        // The first ten are what was not used of the second before.
        assertThat(now - NOW).isEqualTo(89 * SECOND / 10);
    }

    @Test
    void threadsShareTheRate() {
        throttle.set(1);
        throttle.reserve(NOW);
        assertThat(throttle.reserve(NOW)).isZero();
        assertThat(throttle.reserve(NOW)).isEqualTo(Duration.ofSeconds(1));
        assertThat(throttle.reserve(NOW)).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void pauseIsMadeUpForByOneSecondAtMost() {
        throttle.set(1);
        throttle.reserve(NOW);
        long later = NOW + 60 * SECOND;
        assertThat(throttle.reserve(later)).isZero();
        assertThat(throttle.reserve(later)).isZero();
        assertThat(throttle.reserve(later)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void recordsAheadOfTheRateAreWaitedForBeforeMoreAreRead() {
        throttle.set(0.1);
        assertThat(throttle.ahead(NOW)).isZero();
        throttle.reserve(NOW);
        assertThat(throttle.ahead(NOW)).isEqualTo(Duration.ofSeconds(9));
        throttle.reserve(NOW);
        assertThat(throttle.ahead(NOW)).isEqualTo(Duration.ofSeconds(19));
        assertThat(throttle.ahead(NOW + 30 * SECOND)).isZero();
        throttle.set(0.1);
        assertThat(throttle.ahead(NOW)).isEqualTo(Duration.ofSeconds(19));
        throttle.set(1);
        assertThat(throttle.ahead(NOW)).isZero();
    }

    @Test
    void liftedThrottleLetsEverythingThrough() {
        throttle.set(1);
        throttle.reserve(NOW);
        throttle.reserve(NOW);
        throttle.reserve(NOW);
        throttle.lift();
        assertThat(throttle.reserve(NOW)).isZero();
    }
}
