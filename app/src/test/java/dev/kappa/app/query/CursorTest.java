package dev.kappa.app.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.utils.Bytes;
import org.junit.jupiter.api.Test;

class CursorTest {

    private static final Cursor CURSOR =
            new Cursor(Bytes.wrap("größe".getBytes(StandardCharsets.UTF_8)), 1_700_000_000_000L);
    private static final String SCOPE = "hashtag-trends.v1/counts/windows";

    @Test
    void cursorSurvivesTheWayThroughAnAddress() {
        String text = CURSOR.encode(SCOPE);
        assertThat(text).matches("[A-Za-z0-9_-]+");
        assertThat(Cursor.decode(text, SCOPE)).isEqualTo(CURSOR);
    }

    /** Clients may hold a cursor over an upgrade. */
    @Test
    void cursorOfTheFirstReleaseIsStillRead() {
        assertThat(Cursor.decode("ATqiaD8AAAGLz-VoAGdyw7bDn2U", SCOPE)).isEqualTo(CURSOR);
    }

    @Test
    void cursorOfAnotherListIsRejected() {
        String text = CURSOR.encode(SCOPE);
        assertThatThrownBy(() -> Cursor.decode(text, "hashtag-trends.v2/counts/windows"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anythingElseIsRejected() {
        for (String text : new String[] {"", "AA", "not base64!", "AAAAAAAAAAAAAAAAAAAA"}) {
            assertThatThrownBy(() -> Cursor.decode(text, SCOPE)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
