package dev.kappa.reprocessing.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PositionNoteTest {

    @Test
    void whatIsCommittedIsRead() {
        for (PositionNote note : new PositionNote[] {
            new PositionNote(7),
            new PositionNote(7, 1_700_000_000_000L, -1),
            new PositionNote(1, Long.MAX_VALUE, 0, new LatestTimes(5, 6, 7), 0)
        }) {
            OffsetAndMetadata committed = note.at(42, Instant.ofEpochMilli(9));
            assertThat(committed.offset()).isEqualTo(42);
            assertThat(PositionNote.of(committed))
                    .isEqualTo(new PositionNote(note.epoch(), note.reached(), note.passed(), note.times(), 9));
        }
    }

    @Test
    void noteOfAnEarlierReleaseContinuesWhereItHadCome() {
        assertThat(PositionNote.of(new OffsetAndMetadata(1, "7;1000;0")))
                .isEqualTo(new PositionNote(7, 1_000, 0, LatestTimes.from(1_000), 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "7", "epoch=7", "7;x;0", "7;99999999999999999999;0", ";;"})
    void whatOtherSoftwareCommittedSaysNothing(String metadata) {
        assertThat(PositionNote.of(new OffsetAndMetadata(1, metadata))).isEqualTo(PositionNote.NONE);
        assertThat(PositionNote.of(null)).isEqualTo(PositionNote.NONE);
    }
}
