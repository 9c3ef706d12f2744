package dev.kappa.reprocessing.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.reprocessing.catalog.Blueprint;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.replay.Progress.Position;
import dev.kappa.topologies.Views;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class CatchUpTest {

    private static final long MAX_LAG = 1_000;
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final ViewVersion VERSION = ViewVersion.planned(
            new VersionId("trends", 2),
            Blueprint.of(Views.discover().getFirst(), Map.of()),
            Optional.empty(),
            4,
            Optional.empty(),
            NOW);

    private final CatchUp catchUp = new CatchUp(MAX_LAG);
    private Instant now = NOW;

    private static Position input(long position, long end) {
        return new Position(new TopicPartition("posts", 0), true, 0, 500, position, end);
    }

    private static Position repartition(String topic, int partition, long position, long end) {
        return new Position(new TopicPartition(topic, partition), false, 0, 0, position, end);
    }

    private boolean observed(Position... positions) {
        now = now.plus(CatchUp.STAY);
        return catchUp.observe(new Progress(VERSION, List.of(positions), Optional.empty(), List.of()), now);
    }

    @Test
    void replayHasToStayNearTheEndsForSomeTime() {
        assertThat(observed(input(499, 500))).isFalse();
        assertThat(observed(input(500, 600))).isFalse();
        assertThat(observed(input(550, 600))).isTrue();
        assertThat(observed(input(550, 1_551))).isFalse();
    }

    /** However few records they are, they are results that are missing. */
    @Test
    void partitionThatNobodyHasComeToIsWaitedFor() {
        Position done = repartition("by-tag", 0, 40, 40);
        for (int i = 0; i < 5; i++) {
            assertThat(observed(input(500, 500), done, repartition("by-tag", 1, 0, 10)))
                    .isFalse();
        }
        assertThat(observed(input(500, 500), done, repartition("by-tag", 1, 10, 10)))
                .isFalse();
        assertThat(observed(input(500, 500), done, repartition("by-tag", 1, 10, 10)))
                .isTrue();
    }

    @Test
    void whatTheFirstRepartitionTopicFeedsIsWaitedForToo() {
        assertThat(observed(input(500, 500), repartition("a", 0, 0, 10), repartition("b", 0, 0, 0)))
                .isFalse();
        // The records of the first have become records of the second.
        assertThat(observed(input(500, 500), repartition("a", 0, 10, 10), repartition("b", 0, 0, 10)))
                .isFalse();
        assertThat(observed(input(500, 500), repartition("a", 0, 10, 10), repartition("b", 0, 10, 10)))
                .isFalse();
        assertThat(observed(input(500, 500), repartition("a", 0, 10, 10), repartition("b", 0, 10, 10)))
                .isTrue();
    }

    @Test
    void recordsThatComeLaterOnlyHaveToBeWithinTheLag() {
        assertThat(observed(input(500, 500), repartition("a", 0, 10, 10))).isFalse();
        assertThat(observed(input(600, 700), repartition("a", 0, 100, 150))).isTrue();
    }
}
