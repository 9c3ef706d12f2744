package dev.kappa.app.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.streams.errors.StreamsException;
import org.junit.jupiter.api.Test;

class ThreadReplacementTest {

    private Instant now = Instant.EPOCH;
    private final ThreadReplacement replacement = new ThreadReplacement(() -> now);

    @Test
    void threadsAreReplacedUntilTooManyDie() {
        for (int i = 0; i < ThreadReplacement.MOST_IN_WINDOW; i++) {
            assertThat(replacement.isReplaced(new IllegalStateException())).isTrue();
        }
        assertThat(replacement.isReplaced(new IllegalStateException())).isFalse();
    }

    @Test
    void oldDeathsAreForgotten() {
        for (int i = 0; i < ThreadReplacement.MOST_IN_WINDOW; i++) {
            replacement.isReplaced(new IllegalStateException());
        }
        now = now.plus(ThreadReplacement.WINDOW).plus(Duration.ofMillis(1));
        assertThat(replacement.isReplaced(new IllegalStateException())).isTrue();
    }

    @Test
    void outagesOfTheBrokerDoNotCount() {
        for (int i = 0; i < 100; i++) {
            assertThat(replacement.isReplaced(new StreamsException(new TimeoutException("broker is away"))))
                    .isTrue();
        }
    }
}
