package dev.kappa.app.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Random;
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
    void randomTextIsReadOrRefused() {
        var random = new Random(20_241_130);
        String written = new ScanCursor(Bytes.wrap(new byte[] {1, 2, 3}), 5).encode(SCOPE);
        String alphabet = "ABCabc019-_+/= é";
        for (int i = 0; i < 100_000; i++) {
            var text = new StringBuilder(random.nextBoolean() ? written : "");
            for (int changes = random.nextInt(6); changes > 0; changes--) {
                int at = random.nextInt(text.length() + 1);
                text.replace(
                        at,
                        Math.min(text.length(), at + random.nextInt(2)),
                        String.valueOf(alphabet.charAt(random.nextInt(alphabet.length()))));
            }
            try {
                ScanCursor cursor = ScanCursor.decode(text.toString(), SCOPE);
                assertThat(ScanCursor.decode(cursor.encode(SCOPE), SCOPE)).isEqualTo(cursor);
            } catch (IllegalArgumentException refused) {
                assertThat(text.toString()).isNotEqualTo(written);
            }
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
