package dev.kappa.app.alignment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.app.alignment.TableEnds.Leader;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class TableEndsTest {

    private static final TopicPartition TABLE = new TopicPartition("authors", 0);
    private static final TopicPartition OTHER = new TopicPartition("authors", 1);

    /** Answers come every 500 ms, and may be overdue for 1,000 ms. */
    private final TableEnds ends = new TableEnds(500, 1_000);

    private long now = 10_000;

    @Test
    void partitionIsUnknownUntilItIsReadToTheEndThatItHasWhenItIsAssigned() {
        assertThat(look(1, 0)).containsExactly(TABLE);
        assertThat(ends.isUnknown(TABLE)).isTrue();

        ends.named(TABLE, 7, now);
        assertThat(look(1, 1)).isEmpty();
        assertThat(ends.unread(() -> Set.of(TABLE))).containsExactly(TABLE);
        ends.read(TABLE, 6);
        assertThat(ends.isUnknown(TABLE)).isTrue();
        ends.read(TABLE, 7);
        assertThat(ends.isUnknown(TABLE)).isFalse();
        assertThat(ends.unread(() -> Set.of(TABLE))).isEmpty();
    }

    @Test
    void leaderThatDoesNotAnswerMayHaveMore() {
        begin();
        for (int answers = 1; answers < 10; answers++) {
            now += 500;
            assertThat(look(1, answers)).isEmpty();
        }
        now += 900;
        assertThat(look(1, 9)).isEmpty();
        now += 601;
        assertThat(look(1, 9)).containsExactly(TABLE);
        assertThat(ends.isUnknown(TABLE)).isTrue();

        // Asked until it answers.
        now += 1_000;
        assertThat(look(1, 9)).containsExactly(TABLE);
        ends.named(TABLE, 3, now);
        ends.read(TABLE, 3);
        assertThat(ends.isUnknown(TABLE)).isFalse();
    }

    @Test
    void newLeaderIsAskedWhenAnAnswerThatWasOnItsWayHasCome() {
        begin();
        now += 100;
        assertThat(look(2, 50)).isEmpty();
        assertThat(ends.isUnknown(TABLE)).isTrue();
        now += 499;
        assertThat(look(2, 51)).isEmpty();
        now += 1;
        assertThat(look(2, 51)).containsExactly(TABLE);
    }

    @Test
    void partitionWithoutLeaderIsUnknown() {
        begin();
        now += 100;
        look(-1, 0);
        assertThat(ends.isUnknown(TABLE)).isTrue();
    }

    @Test
    void consumerThatWasAwayMayHaveMissedSomethingOfEveryPartition() {
        begin();
        now += 1_501;
        assertThat(look(1, 1)).containsExactly(TABLE);
        assertThat(ends.isUnknown(TABLE)).isTrue();
    }

    @Test
    void answerThatComesAfterADoubtDoesNotEndIt() {
        begin();
        now += 800;
        look(1, 0);
        now += 800;
        look(1, 0);
        assertThat(ends.isUnknown(TABLE)).isTrue();
        now += 100;
        look(1, 1);
        assertThat(ends.isUnknown(TABLE)).isTrue();
    }

    /** Tasks move during a poll, between two looks. */
    @Test
    void positionOfAPartitionThatHasBeenRevokedIsNotAskedFor() {
        look(1, 0);
        ends.named(TABLE, 7, now);
        assertThat(ends.unread(() -> Set.of(OTHER))).isEmpty();
        assertThat(ends.unread(() -> Set.of(OTHER, TABLE))).containsExactly(TABLE);
    }

    @Test
    void partitionsThatAreNoLongerReadAreForgotten() {
        begin();
        ends.look(Map.of(OTHER, new Leader(1, 0)), now);
        ends.named(TABLE, 5, now);
        assertThat(ends.isUnknown(TABLE)).isFalse();
        assertThat(ends.unread(() -> Set.of(TABLE))).isEmpty();
        // Assigned again.
        assertThat(look(1, 0)).containsExactly(TABLE);
    }

    private void begin() {
        look(1, 0);
        ends.named(TABLE, 0, now);
        ends.read(TABLE, 0);
        assertThat(ends.isUnknown(TABLE)).isFalse();
    }

    private Set<TopicPartition> look(int leader, double answers) {
        return ends.look(Map.of(TABLE, new Leader(leader, answers)), now);
    }
}
