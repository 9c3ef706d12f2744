package dev.kappa.topologies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ParameterTest {

    private static final Parameter<Duration> WINDOW =
            Parameter.duration("window", Duration.ofHours(1), Duration.ofSeconds(1), "A length");
    private static final Parameter<Double> DISTANCE = Parameter.number("distance", 50, 0, 100, "A distance");

    @Test
    void valuesAreRead() {
        assertThat(WINDOW.parse(" PT10M ")).isEqualTo(Duration.ofMinutes(10));
        assertThat(DISTANCE.parse("0.5")).isEqualTo(0.5);
    }

    @Test
    void whatIsNoSuchValueIsNamed() {
        assertThatThrownBy(() -> WINDOW.parse("10 minutes"))
                .hasMessageContaining("window")
                .hasMessageContaining("10 minutes")
                .hasMessageContaining("PT10M");
        assertThatThrownBy(() -> WINDOW.parse("PT1.0001S")).hasMessageContaining("window");
        assertThatThrownBy(() -> DISTANCE.parse("far")).hasMessageContaining("far");
    }

    @Test
    void limitsHold() {
        assertThatThrownBy(() -> WINDOW.parse("PT0S")).hasMessageContaining("between PT1S");
        assertThatThrownBy(() -> WINDOW.parse("P999999999D")).hasMessageContaining("window");
        for (String value : List.of("-1", "101", "NaN")) {
            assertThatThrownBy(() -> DISTANCE.parse(value)).hasMessageContaining(value);
        }
    }

    @Test
    void defaultOutsideTheLimitIsAMistakeOfTheAuthor() {
        assertThatThrownBy(() -> Parameter.number("n", 5, 6, 7, "x")).hasMessageContaining("default");
    }
}
