package dev.kappa.app.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ClockLivenessTest {

    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final ClockLiveness liveness = new ClockLiveness(() -> now);

    private Duration behindAfter(String step) {
        now = now.plus(Duration.parse(step));
        return liveness.behind();
    }

    @Test
    void clockThatGoesOnOrJumpsAheadIsNoReasonToRestart() {
        assertThat(behindAfter("PT0S")).isZero();
        assertThat(behindAfter("PT1S")).isZero();
        assertThat(behindAfter("PT10M")).isZero();
    }

    @Test
    void clockThatIsSetBackIsUntilItHasCaughtUp() {
        assertThat(behindAfter("PT10M")).isZero();
        assertThat(behindAfter("-PT10M")).isEqualTo(Duration.ofMinutes(10));
        assertThat(behindAfter("PT9M")).isEqualTo(Duration.ofMinutes(1));
        assertThat(behindAfter("PT1M")).isZero();
    }

    @Test
    void smallCorrectionIsNone() {
        assertThat(behindAfter("PT0S")).isZero();
        assertThat(behindAfter("-PT10S")).isZero();
    }
}
