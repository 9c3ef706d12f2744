package dev.kappa.app.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.utils.Bytes;
import org.junit.jupiter.api.Test;

class ScanCursorTest {

    private static final ScanCursor CURSOR =
            new ScanCursor(Bytes.wrap("größe".getBytes(StandardCharsets.UTF_8)), 1_700_000_000_000L);
    private static final String SCOPE = "hashtag-trends.v1/counts/windows";

    @Test
    void cursorSurvivesTheWayThroughAnAddress() {
        String text = CURSOR.encode(SCOPE);
        assertThat(text).matches("[A-Za-z0-9_-]+");
        assertThat(ScanCursor.decode(text, SCOPE)).isEqualTo(CURSOR);
    }

    /** Clients may hold a cursor over an upgrade. */
    @Test
    void cursorOfTheFirstReleaseIsStillRead() {
        assertThat(ScanCursor.decode("ATqiaD8AAAGLz-VoAGdyw7bDn2U", SCOPE)).isEqualTo(CURSOR);
    }

    @Test
    void cursorOfAnotherListIsRejected() {
        String text = CURSOR.encode(SCOPE);
        assertThatThrownBy(() -> ScanCursor.decode(text, "hashtag-trends.v2/counts/windows"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anythingElseIsRejected() {
        for (String text : new String[] {"", "AA", "not base64!", "AAAAAAAAAAAAAAAAAAAA"}) {
            assertThatThrownBy(() -> ScanCursor.decode(text, SCOPE)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void largestComeFirst() {
        Bytes key = Bytes.wrap(new byte[] {1});
        double[] falling = {Double.POSITIVE_INFINITY, 1e300, 2, 1, 0, -1, -2, -1e300, Double.NEGATIVE_INFINITY};
        for (int i = 1; i < falling.length; i++) {
            assertThat(ScanCursor.ofRank(falling[i - 1], key)).isLessThan(ScanCursor.ofRank(falling[i], key));
        }
        assertThat(ScanCursor.ofRank(1, key)).isLessThan(ScanCursor.ofRank(1, Bytes.wrap(new byte[] {2})));
    }
}
