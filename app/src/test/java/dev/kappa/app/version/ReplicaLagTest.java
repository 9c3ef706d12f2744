package dev.kappa.app.version;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ReplicaLagTest {

    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final AtomicBoolean more = new AtomicBoolean();
    private final ReplicaLag progress = new ReplicaLag((_, _, _, _) -> more.get());

    private void sample(int second, long position, long end) {
        progress.sample(START.plusSeconds(second), () -> at(position, end));
    }

    private static Map<String, Map<Integer, ReplicaLag.Copy>> at(long position, long end) {
        return Map.of("counts", Map.of(0, new ReplicaLag.Copy(position, end)));
    }

    private void sampleNothing(int second) {
        progress.sample(START.plusSeconds(second), Map::of);
    }

    private void reached(int second, long position) {
        progress.reached("counts", 0, START.plusSeconds(second), position);
    }

    private long behindAt(int second) {
        return progress.behind("counts", 0, START.plusSeconds(second))
                .map(Duration::toSeconds)
                .orElse(-1L);
    }

    @Test
    void aCopyHasEverythingUpToWhereTheEndWasWhenItComesThere() {
        sample(0, 10, 10);
        assertThat(behindAt(0)).isZero();
        sample(1, 10, 50);
        assertThat(behindAt(1)).isEqualTo(1);
        sample(2, 50, 90);
        assertThat(behindAt(2)).as("the end a second ago").isEqualTo(1);
    }

    @Test
    void theEndOfATransactionIsNoRecord() {
        sample(0, 10, 11);
        assertThat(behindAt(0)).isZero();
    }

    @Test
    void aCopyThatStandsStillIsCompleteOnlyIfTheChangelogHasNoMore() {
        more.set(true);
        sample(0, 0, 50);
        sample(1, 0, 50);
        assertThat(behindAt(1)).as("paused before it began").isEqualTo(-1);
        assertThat(progress.incomplete(START.plusSeconds(1))).hasValue(1);
        more.set(false);
        sample(2, 0, 50);
        assertThat(behindAt(2)).as("what follows was aborted").isZero();
        assertThat(progress.incomplete(START.plusSeconds(2))).hasValue(0);
    }

    @Test
    void aCopyThatIsMadeAnewIsNotComplete() {
        sample(0, 50, 50);
        assertThat(behindAt(0)).isZero();
        sample(1, 3, 50);
        assertThat(behindAt(1)).isEqualTo(-1);
    }

    @Test
    void aCopyThatChangesItsRoleKeepsWhatWasKnownOfIt() {
        sample(0, 10, 10);
        sample(1, 50, 50);
        sampleNothing(2);
        assertThat(behindAt(2)).as("not here").isEqualTo(-1);
        // The records of an open transaction were counted while it was active.
        reached(3, 40);
        assertThat(behindAt(4)).as("what was committed at second 0").isEqualTo(4);
        reached(5, 49);
        assertThat(behindAt(5)).as("what was committed at second 1").isEqualTo(4);
    }

    @Test
    void aCopyThatBeginsAnewIsNotCompleteEvenBeforeTheNextSample() {
        sample(0, 50, 50);
        reached(1, 0);
        assertThat(behindAt(1)).isEqualTo(-1);
    }

    @Test
    void aSampleDoesNotSayWhereACopyStandsThatHasMovedSince() {
        sample(0, 50, 50);
        progress.sample(START.plusSeconds(1), () -> {
            reached(2, 0);
            return at(50, 50);
        });
        assertThat(behindAt(3)).as("made anew").isEqualTo(-1);
        progress.sample(START.plusSeconds(4), () -> {
            reached(5, 49);
            return at(30, 50);
        });
        assertThat(behindAt(6)).as("has caught up").isEqualTo(2);
    }

    @Test
    void aRestoredStoreIsKnownToBeCompleteThoughNoBrokerAnswers() {
        progress.restoring("counts", 0, START, new ReplicaLag.Copy(0, 50));
        reached(1, 30);
        assertThat(behindAt(1)).isEqualTo(-1);
        // What follows was aborted.
        progress.restored("counts", 0, START.plusSeconds(2));
        reached(3, 30);
        assertThat(behindAt(3)).as("a standby again").isEqualTo(3);
    }

    @Test
    void whereAnActiveStoreStandsIsNotKnownBeforeTheNextSample() {
        progress.restoring("counts", 0, START, new ReplicaLag.Copy(50, 50));
        progress.restored("counts", 0, START.plusSeconds(1));
        assertThat(behindAt(1)).as("it may be deleted and made anew").isEqualTo(-1);
        sample(2, 50, 50);
        assertThat(behindAt(2)).isZero();
    }

    @Test
    void samplesOfAStandstillDoNotReplaceOthers() {
        sample(0, 30, 30);
        for (int second = 1; second <= 200; second++) {
            sample(second, 50, 50);
        }
        reached(201, 29);
        assertThat(behindAt(201)).isEqualTo(201);
    }

    @Test
    void whatIsNotHereIsNotCountedAndForgottenInTime() {
        sample(0, 10, 10);
        sampleNothing(1);
        assertThat(progress.complete(Set.of("counts"), START.plusSeconds(1))).isZero();
        assertThat(progress.incomplete(START.plusSeconds(1))).hasValue(0);
        sampleNothing(301);
        reached(302, 10);
        assertThat(behindAt(302)).isEqualTo(-1);
    }

    @Test
    void nothingIsKnownBeforeTheFirstSample() {
        assertThat(progress.incomplete(START)).isEmpty();
    }
}
