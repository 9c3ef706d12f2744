package dev.kappa.localdev.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PaceTest {

    private static final Optional<Instant> START = Optional.of(Instant.EPOCH);

    @Test
    void rateSpacesEventsEvenly() {
        Pace pace = Pace.ofRate(4);
        assertThat(pace.due(START)).isZero();
        assertThat(pace.due(START)).isEqualTo(Duration.ofMillis(250));
        assertThat(pace.due(START)).isEqualTo(Duration.ofMillis(500));
    }

    @Test
    void speedFollowsEventTime() {
        Pace pace = Pace.ofSpeed("60x");
        assertThat(pace.due(START)).isZero();
        assertThat(pace.due(Optional.of(Instant.ofEpochSecond(120)))).isEqualTo(Duration.ofSeconds(2));
        assertThat(pace.due(Optional.empty())).isZero();
    }

    @Test
    void factorThatIsNoneIsNamed() {
        for (String factor : new String[] {"fast", "0x", "-1", "x"}) {
            assertThatThrownBy(() -> Pace.ofSpeed(factor)).hasMessageContaining("\"" + factor + "\"");
        }
    }
}
