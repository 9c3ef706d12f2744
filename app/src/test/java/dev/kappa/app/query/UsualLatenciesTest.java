package dev.kappa.app.query;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class UsualLatenciesTest {

    private final UsualLatencies latencies = new UsualLatencies();

    @Test
    void patienceIsAFewTimesTheUsualLatency() {
        for (int i = 0; i < 100; i++) {
            latencies.record("a", false, Duration.ofMillis(100));
        }
        assertThat(latencies.patience("a", false)).isEqualTo(Duration.ofMillis(400));
    }

    @Test
    void patienceHasBounds() {
        latencies.record("fast", false, Duration.ofNanos(100_000));
        latencies.record("slow", false, Duration.ofSeconds(9));
        assertThat(latencies.patience("fast", false)).isEqualTo(Duration.ofMillis(50));
        assertThat(latencies.patience("slow", false)).isEqualTo(Duration.ofSeconds(1));
        assertThat(latencies.patience("unknown", false)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void listsAreJudgedByLists() {
        latencies.record("a", true, Duration.ofMillis(700));
        assertThat(latencies.patience("a", true)).isEqualTo(Duration.ofMillis(2_800));
        assertThat(latencies.patience("a", false)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void oneSlowAnswerDoesNotMakeAnInstanceSlow() {
        for (int i = 0; i < 100; i++) {
            latencies.record("a", false, Duration.ofMillis(2));
        }
        latencies.record("a", false, Duration.ofSeconds(1));
        assertThat(latencies.patience("a", false)).isLessThan(Duration.ofMillis(500));
    }
}
