package dev.kappa.app.version;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.time.Instant;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.streams.errors.MissingSourceTopicException;
import org.apache.kafka.streams.errors.ProcessorStateException;
import org.apache.kafka.streams.errors.StreamsException;
import org.junit.jupiter.api.Test;

class ThreadReplacementTest {

    private Instant now = Instant.EPOCH;
    private final ThreadReplacement replacement = new ThreadReplacement(() -> now);

    @Test
    void threadsAreReplacedUntilTooManyDie() {
        for (int i = 0; i < ThreadReplacement.MAX_FAILURES_IN_WINDOW; i++) {
            assertThat(replacement.isReplaced(new IllegalStateException())).isTrue();
        }
        assertThat(replacement.isReplaced(new IllegalStateException())).isFalse();
    }

    @Test
    void oldDeathsAreForgotten() {
        for (int i = 0; i < ThreadReplacement.MAX_FAILURES_IN_WINDOW; i++) {
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

    @Test
    void whatSurroundsAVersionIsToldFromItsRecords() {
        assertThat(ThreadReplacement.isOfEnvironment(new StreamsException(new TopicAuthorizationException("t"))))
                .isTrue();
        assertThat(ThreadReplacement.isOfEnvironment(new ProcessorStateException("disk", new IOException("full"))))
                .isTrue();
        assertThat(ThreadReplacement.isOfEnvironment(
                        new SerializationException("no schema", new ConnectException("refused"))))
                .isTrue();
        assertThat(ThreadReplacement.isOfEnvironment(new MissingSourceTopicException("posts")))
                .isTrue();
        // Avro says so of a record that is cut short.
        assertThat(ThreadReplacement.isOfEnvironment(new SerializationException("cut short", new EOFException())))
                .isFalse();
        assertThat(ThreadReplacement.isOfEnvironment(new StreamsException(new IllegalStateException("bug"))))
                .isFalse();
        assertThat(ThreadReplacement.isOfEnvironment(new StackOverflowError())).isFalse();
    }

    @Test
    void waitsBecomeLongerAndBeginAnewAfterAPause() {
        assertThat(replacement.nextWait()).isEqualTo(Duration.ofMillis(500));
        assertThat(replacement.nextWait()).isEqualTo(Duration.ofSeconds(1));
        for (int i = 0; i < 10; i++) {
            replacement.nextWait();
        }
        assertThat(replacement.nextWait()).isEqualTo(Duration.ofSeconds(10));
        now = now.plus(Duration.ofMinutes(2));
        assertThat(replacement.nextWait()).isEqualTo(Duration.ofMillis(500));
    }
}
