package dev.kappa.app.alignment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.app.alignment.TableEnds.Progress;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class TableEndsTest {

    private static final TopicPartition TABLE = new TopicPartition("authors", 0);
    private static final TopicPartition OTHER_TABLE = new TopicPartition("authors", 1);
    private static final TopicPartition EVENTS = new TopicPartition("posts", 0);
    private static final TopicPartition OTHER_EVENTS = new TopicPartition("posts", 1);
    private static final Set<TopicPartition> ALL = Set.of(TABLE, OTHER_TABLE, EVENTS, OTHER_EVENTS);

    private final TableEnds ends = new TableEnds(Map.of("posts", Set.of("authors")));
    private long now = 10_000;

    @Test
    void tableIsUnreadUntilItIsReadToTheEndThatItHadWhenEventsHadBeenRead() {
        assertThat(read(EVENTS, 5, 5)).containsExactly(TABLE);
        assertThat(ends.isUnread(TABLE)).isTrue();
        ends.answered(TABLE, 7, now);
        at(6);
        assertThat(ends.isUnread(TABLE)).isTrue();
        at(7);
        assertThat(ends.isUnread(TABLE)).isFalse();
        assertThat(ends.isWaiting()).isFalse();
    }

    @Test
    void eventsThatAreNewerThanTheLastAnswerNeedAnother() {
        read(EVENTS, 5, 5);
        ends.answered(TABLE, 7, now);
        at(7);
        assertThat(read(EVENTS, 6, 6)).containsExactly(TABLE);
        // The old answer says nothing about these.
        at(7);
        assertThat(ends.isUnread(TABLE)).isTrue();
    }

    @Test
    void oneAnswerServesAllEventsThatHadBeenWrittenWhenItWasAsked() {
        read(EVENTS, 5, 1_000);
        ends.answered(TABLE, 7, now);
        at(7);
        now += 10;
        assertThat(read(EVENTS, 500, 2_000)).isEmpty();
        at(7);
        assertThat(ends.isUnread(TABLE)).isFalse();
        assertThat(read(EVENTS, 1_001, 2_000)).containsExactly(TABLE);
    }

    @Test
    void leaderThatDoesNotAnswerIsAskedAgainLater() {
        read(EVENTS, 5, 5);
        at(100);
        assertThat(ends.isUnread(TABLE)).isTrue();
        now += 60_000;
        assertThat(lookAgain()).isEmpty();
        ends.notAnswered(TABLE, now);
        now += 999;
        assertThat(lookAgain()).isEmpty();
        now += 1;
        assertThat(lookAgain()).containsExactly(TABLE);
        ends.answered(TABLE, 7, now);
        at(7);
        assertThat(ends.isUnread(TABLE)).isFalse();
    }

    /** A log that was cut off ends before what was named. */
    @Test
    void leaderIsAskedAgainWhileAnEndIsNotReached() {
        read(EVENTS, 5, 5);
        ends.answered(TABLE, 7, now);
        at(3);
        now += 1_000;
        assertThat(lookAgain()).containsExactly(TABLE);
        ends.answered(TABLE, 3, now);
        at(3);
        assertThat(ends.isUnread(TABLE)).isFalse();
    }

    @Test
    void laterEndIsNoneThatTheEventsNeed() {
        read(EVENTS, 5, 5);
        ends.answered(TABLE, 7, now);
        at(3);
        now += 1_000;
        assertThat(lookAgain()).containsExactly(TABLE);
        ends.answered(TABLE, 70, now);
        at(7);
        assertThat(ends.isUnread(TABLE)).isFalse();
    }

    /** Each of them would need a later end of a table that is written all the time. */
    @Test
    void noMoreEventsAreReadOnceOthersHaveWaitedForSomeTime() {
        read(EVENTS, 5, 5);
        ends.answered(TABLE, 7, now);
        at(3);
        assertThat(ends.areEnough(EVENTS, now)).isFalse();
        now += 99;
        read(EVENTS, 6, 6);
        ends.answered(TABLE, 9, now);
        at(7);
        assertThat(ends.areEnough(EVENTS, now)).isFalse();
        now += 1;
        assertThat(ends.areEnough(EVENTS, now)).isTrue();
        assertThat(ends.areEnough(OTHER_EVENTS, now)).isFalse();
        at(9);
        assertThat(ends.areEnough(EVENTS, now)).isFalse();
        // Others wait for some time of their own.
        now += 500;
        read(EVENTS, 7, 7);
        assertThat(ends.areEnough(EVENTS, now)).isFalse();
    }

    @Test
    void eventsOfALogThatEndsBeforeTheOnesReadNeedAnotherAnswer() {
        read(EVENTS, 5, 1_000);
        ends.answered(TABLE, 7, now);
        at(7);
        assertThat(read(EVENTS, 6, 6)).containsExactly(TABLE);
    }

    /** A task may move away and come back within one poll; it begins at committed offsets then. */
    @Test
    void tableThatIsReadOnceMoreIsUnread() {
        read(EVENTS, 5, 10);
        ends.answered(TABLE, 7, now);
        at(7);
        assertThat(read(EVENTS, 3, 10)).isEmpty();
        at(2);
        assertThat(ends.isUnread(TABLE)).isTrue();
    }

    @Test
    void partitionWhosePositionIsNotKnownIsUnread() {
        read(EVENTS, 5, 5);
        ends.answered(TABLE, 7, now);
        ends.compare(_ -> OptionalLong.empty());
        assertThat(ends.isUnread(TABLE)).isTrue();
    }

    @Test
    void partitionsThatAreNoLongerReadAreForgotten() {
        read(EVENTS, 5, 10);
        ends.answered(TABLE, 7, now);
        at(3);
        assertThat(ends.read(Map.of(), Set.of(OTHER_TABLE, OTHER_EVENTS), now)).isEmpty();
        assertThat(ends.isWaiting()).isFalse();
        ends.compare(partition -> {
            throw new IllegalStateException(partition + " is not assigned");
        });
        // Assigned again.
        assertThat(read(EVENTS, 6, 10)).containsExactly(TABLE);
    }

    @Test
    void onlyTablesOfTheSameTaskAreAskedFor() {
        assertThat(ends.haveTables("posts")).isTrue();
        assertThat(ends.haveTables("authors")).isFalse();
        assertThat(ends.read(
                        Map.of(EVENTS, new Progress(1, 1), OTHER_EVENTS, new Progress(1, 1)),
                        Set.of(EVENTS, OTHER_EVENTS, TABLE),
                        now))
                .containsExactly(TABLE);
    }

    private Set<TopicPartition> read(TopicPartition events, long position, long end) {
        return ends.read(Map.of(events, new Progress(position, end)), ALL, now);
    }

    private Set<TopicPartition> lookAgain() {
        return ends.read(Map.of(), ALL, now);
    }

    private void at(long position) {
        ends.compare(_ -> OptionalLong.of(position));
    }
}
