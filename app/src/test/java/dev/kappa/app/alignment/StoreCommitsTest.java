package dev.kappa.app.alignment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class StoreCommitsTest {

    private static final Duration LONG = Duration.ofMinutes(1);

    private final StoreCommits commits = new StoreCommits(() -> {});

    @Test
    void nobodyWaitsWhileNothingIsCommitted() throws InterruptedException {
        assertThat(commits.await(Duration.ZERO)).isTrue();
        commits.begin();
        commits.end();
        assertThat(commits.await(Duration.ZERO)).isTrue();
    }

    @Test
    void commitThatMustNotBeDoesNotBegin() throws InterruptedException {
        var refusing = new StoreCommits(() -> {
            throw new IllegalStateException("The loss is not recorded");
        });
        assertThatIllegalStateException().isThrownBy(refusing::begin);
        assertThat(refusing.await(Duration.ZERO)).isTrue();
    }

    @Test
    void queryWaitsForTheCommitThatIsUnderWay() throws Exception {
        commits.begin();
        assertThat(commits.await(Duration.ofMillis(1))).isFalse();
        var query = new FutureTask<>(() -> commits.await(LONG));
        Thread asking = Thread.ofVirtual().start(query);
        commits.end();
        assertThat(query.get()).isTrue();
        asking.join();
    }

    @Test
    void laterCommitsDoNotMakeAQueryWait() throws Exception {
        commits.begin();
        var waits = new CountDownLatch(1);
        var query = new FutureTask<>(() -> {
            waits.countDown();
            return commits.await(LONG);
        });
        Thread asking = Thread.ofPlatform().start(query);
        waits.await();
        while (asking.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        commits.end();
        commits.begin();
        assertThat(query.get()).isTrue();
    }
}
