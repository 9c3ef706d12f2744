package dev.kappa.reprocessing.reader;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FeedPlaceTest {

    @Test
    void isReadAsItWasWritten() {
        var place = new FeedPlace(3, 17, Instant.ofEpochMilli(1_767_225_600_000L), List.of(120L, 0L));
        assertThat(place.encode()).isEqualTo("3-17-1767225600000-3c.0");
        assertThat(FeedPlace.decode(place.encode())).hasValue(place);
    }

    @Test
    void hasFewCharactersForEachPartition() {
        var place = new FeedPlace(1, 1, Instant.EPOCH, Collections.nCopies(5_000, 1_000_000_000L));
        assertThat(place.encode()).hasSizeLessThan(60_000);
        assertThat(FeedPlace.decode(place.encode())).hasValue(place);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "3",
                "3-17-5",
                "a-b-c-d",
                "3-17-5-!",
                "3-17-5-0.1;",
                "99999999999-1-1-0",
                "3-17-5-0.1\n",
                "3-17-5-",
                "3-17-5-1..2",
                "3-17-5-+1",
                "3-17--5-1",
                "3-17-5-zzzzzzzzzzzzzzzzzzzz"
            })
    void nothingElseIsRead(String text) {
        assertThat(FeedPlace.decode(text)).isEmpty();
    }

    @Test
    void randomTextIsReadOrRefused() {
        var random = new Random(20_241_130);
        String alphabet = "0123456789az-.+;\u0000\u0660é";
        for (int i = 0; i < 100_000; i++) {
            var text = new StringBuilder(random.nextBoolean() ? "3-17-5-1.2" : "");
            for (int changes = random.nextInt(12); changes > 0; changes--) {
                text.insert(random.nextInt(text.length() + 1), alphabet.charAt(random.nextInt(alphabet.length())));
            }
            FeedPlace.decode(text.toString())
                    .ifPresent(place ->
                            assertThat(FeedPlace.decode(place.encode())).hasValue(place));
        }
    }

    @Test
    void longTextIsRefusedWithoutMuchWork() {
        assertThat(FeedPlace.decode("1-1-1-" + "0.1_".repeat(100_000))).isEmpty();
    }
}
