package dev.kappa.app.query;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SuspectInstancesTest {

    private final AtomicLong now = new AtomicLong();
    private final SuspectInstances suspects = new SuspectInstances(now::get);

    @Test
    void instanceThatDidNotAnswerIsSuspectForASecond() {
        assertThat(suspects.contains("a")).isFalse();
        suspects.failed("a");
        now.addAndGet(Duration.ofMillis(999).toNanos());
        assertThat(suspects.contains("a")).isTrue();
        assertThat(suspects.contains("b")).isFalse();
        now.addAndGet(Duration.ofMillis(1).toNanos());
        assertThat(suspects.contains("a")).isFalse();
    }

    @Test
    void instanceThatAnsweredIsNotSuspect() {
        suspects.failed("a");
        suspects.answered("a");
        assertThat(suspects.contains("a")).isFalse();
    }
}
