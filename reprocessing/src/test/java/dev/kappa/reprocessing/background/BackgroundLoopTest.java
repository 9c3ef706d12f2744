package dev.kappa.reprocessing.background;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.junit.jupiter.api.Test;

class BackgroundLoopTest {

    private static final BackgroundLoop.Messages MESSAGES = new BackgroundLoop.Messages("Turn failed", "Turns succeed");
    private static final Duration FOREVER = Duration.ofDays(1);

    @Test
    void noFailureEndsTheLoop() {
        var turns = new AtomicInteger();
        try (var loop = new BackgroundLoop("test", Duration.ofMillis(1), MESSAGES, _ -> {
            switch (turns.incrementAndGet()) {
                case 1 -> throw new KafkaException("no broker");
                case 2 -> throw new NoClassDefFoundError("Gone");
                case 3 -> throw new Exception("checked");
                case 4 -> throw new InterruptException("nobody closes the loop");
                default -> {}
            }
        })) {
            loop.start();
            await().until(() -> turns.get() > 5);
            assertThat(loop.status().isAlive()).isTrue();
            assertThat(loop.status().failure()).isEmpty();
        }
    }

    @Test
    void statusTellsOfTheFailureUntilATurnSucceeds() {
        var works = new AtomicBoolean();
        try (var loop = new BackgroundLoop("test", Duration.ofMillis(1), MESSAGES, _ -> {
            if (!works.get()) {
                throw new IllegalStateException("broken");
            }
        })) {
            loop.start();
            await().until(() -> loop.status().failure().isPresent());
            assertThat(loop.status().failure().orElseThrow()).contains("broken");
            assertThat(loop.status().failingSince()).isPresent();
            works.set(true);
            await().until(() -> loop.status().failure().isEmpty());
            assertThat(loop.status().failingSince()).isEmpty();
        }
    }

    @Test
    void loopThatIsWokenUpBeginsATurnBeforeTheInterval() {
        var turns = new AtomicInteger();
        try (var loop = new BackgroundLoop("test", FOREVER, MESSAGES, _ -> turns.incrementAndGet())) {
            loop.start();
            await().until(() -> turns.get() == 1);
            loop.wakeUp();
            await().until(() -> turns.get() == 2);
        }
    }

    @Test
    void longTurnThatMakesProgressIsNotStuck() throws Exception {
        var step = new CountDownLatch(1);
        var told = new CountDownLatch(1);
        try (var loop = new BackgroundLoop("test", FOREVER, MESSAGES, self -> {
            step.await();
            self.progress();
            told.countDown();
            Thread.sleep(FOREVER);
        })) {
            loop.start();
            await().until(() -> loop.status().turn().compareTo(Duration.ofMillis(20)) > 0);
            step.countDown();
            told.await();
            assertThat(loop.status().turn()).isLessThan(FOREVER).isPositive();
        }
    }

    @Test
    void closingInterruptsTheTurnAndCleansUpLast() {
        var cleaned = new AtomicInteger();
        var loop = new BackgroundLoop("test", FOREVER, MESSAGES, _ -> Thread.sleep(FOREVER), cleaned::incrementAndGet);
        loop.start();
        await().until(() -> loop.status().turn().isPositive());
        loop.close();
        assertThat(loop.status().isAlive()).isFalse();
        assertThat(loop.status().failure()).isEmpty();
        assertThat(cleaned).hasValue(1);

        var neverStarted = new BackgroundLoop("test", FOREVER, MESSAGES, _ -> {}, cleaned::incrementAndGet);
        neverStarted.close();
        assertThat(cleaned).hasValue(2);
    }
}
