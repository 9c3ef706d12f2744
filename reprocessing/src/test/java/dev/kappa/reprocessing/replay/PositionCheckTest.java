package dev.kappa.reprocessing.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.reprocessing.replay.PositionCheck.Bounds;
import dev.kappa.reprocessing.replay.PositionCheck.Hole;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class PositionCheckTest {

    private static final TopicPartition POSTS_0 = new TopicPartition("posts", 0);
    private static final TopicPartition POSTS_1 = new TopicPartition("posts", 1);
    private static final TopicPartition POSTS_2 = new TopicPartition("posts", 2);
    private static final Map<TopicPartition, Bounds> INPUTS =
            Map.of(POSTS_0, new Bounds(0, 100), POSTS_1, new Bounds(20, 50));

    private static PositionCheck check(Map<TopicPartition, Long> committed, boolean hasResults) {
        return PositionCheck.of(INPUTS, committed, Map.of(), Set.of(), () -> hasResults);
    }

    @Test
    void versionWithAllItsOffsetsContinues() {
        PositionCheck check = check(Map.of(POSTS_0, 100L, POSTS_1, 20L), true);
        assertThat(check.starts()).isEmpty();
        assertThat(check.gaps()).isEmpty();
        assertThat(check.lost()).isEmpty();
        assertThat(check.known()).isEqualTo(Map.of("posts", 2));
    }

    @Test
    void versionThatHasNotBegunBeginsAtTheFirstRecord() {
        PositionCheck check = check(Map.of(), false);
        assertThat(check.starts()).isEqualTo(Map.of(POSTS_0, 0L, POSTS_1, 20L));
        assertThat(check.lost()).isEmpty();
        assertThat(check.gaps()).isEmpty();
    }

    @Test
    void replayThatHasNotBegunBeginsWhereItWasPlanned() {
        PositionCheck check =
                PositionCheck.of(INPUTS, Map.of(), Map.of(POSTS_0, 70L, POSTS_1, 10L), Set.of(), () -> false);
        assertThat(check.starts()).isEqualTo(Map.of(POSTS_0, 70L, POSTS_1, 20L));
        assertThat(check.gaps()).containsExactly(new Hole(POSTS_1, 10, 20));
    }

    @Test
    void partitionThatTheVersionHasBegunWithIsNoneThatWasAdded() {
        PositionCheck check =
                PositionCheck.of(INPUTS, Map.of(POSTS_0, 5L), Map.of(POSTS_0, 0L, POSTS_1, 20L), Set.of(), () -> true);
        assertThat(check.lost()).containsOnlyKeys(POSTS_1);
        assertThat(check.added()).isEmpty();
    }

    @Test
    void versionWithResultsAndWithoutOffsetsIsLost() {
        assertThat(check(Map.of(), true).lost()).containsOnlyKeys(POSTS_0, POSTS_1);
        PositionCheck one = check(Map.of(POSTS_1, 30L), true);
        assertThat(one.lost()).containsOnlyKeys(POSTS_0);
        assertThat(one.starts()).isEmpty();
        assertThat(one.lostText()).isEqualTo("posts, partition 0: its committed offset is gone");
    }

    @Test
    void offsetBehindTheEndIsLost() {
        assertThat(check(Map.of(POSTS_0, 101L, POSTS_1, 50L), true).lostText())
                .startsWith("posts, partition 0: its committed offset is 101, but the partition ends at 100");
    }

    @Test
    void topicThatWasCreatedAgainIsLostWhateverItsOffsets() {
        PositionCheck check =
                PositionCheck.of(INPUTS, Map.of(POSTS_0, 10L, POSTS_1, 30L), Map.of(), Set.of("posts"), () -> true);
        assertThat(check.lost()).containsOnlyKeys(POSTS_0, POSTS_1);
        assertThat(check.isRecreated()).isTrue();
        assertThat(check.lostText()).startsWith("posts, partition 0: the topic was deleted and created again");
        assertThat(check(Map.of(), true).isRecreated()).isFalse();
    }

    @Test
    void recordsDeletedBeforeTheyWereReadAreAGap() {
        assertThat(check(Map.of(POSTS_0, 10L, POSTS_1, 5L), true).gaps()).containsExactly(new Hole(POSTS_1, 5, 20));
    }

    @Test
    void partitionsBehindTheLastCommittedOneWereAdded() {
        PositionCheck check = PositionCheck.of(
                Map.of(POSTS_0, new Bounds(0, 10), POSTS_1, new Bounds(0, 10), POSTS_2, new Bounds(0, 3)),
                Map.of(POSTS_0, 1L, POSTS_1, 2L),
                Map.of(),
                Set.of(),
                () -> true);
        assertThat(check.added()).isEqualTo(List.of(POSTS_2));
        assertThat(check.known()).isEqualTo(Map.of("posts", 2));
        assertThat(check.lost()).isEmpty();
    }
}
