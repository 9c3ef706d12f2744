package dev.kappa.reprocessing.deadletters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.reprocessing.cluster.VersionId;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeadLetterHeadersTest {

    private static final DeadLetterHeaders LETTER = new DeadLetterHeaders(
            new TopicPartition("posts", 3),
            41,
            Instant.ofEpochMilli(1_700_000_000_123L),
            new VersionId("hashtag-trends", 2),
            "java.lang.IllegalStateException",
            "ü: \"x\"");

    @Test
    void whatIsWrittenIsRead() {
        var headers = new RecordHeaders();
        LETTER.addTo(headers);
        assertThat(DeadLetterHeaders.of(headers)).hasValue(LETTER);
    }

    @ParameterizedTest
    @CsvSource({
        "kappa.version, hashtag-trends",
        "kappa.version, hashtag-trends.v0",
        "kappa.origin.offset, x",
        "kappa.origin.partition, ''",
        "kappa.origin.topic, ''"
    })
    void recordOfOtherSoftwareIsNoLetter(String name, String value) {
        var headers = new RecordHeaders();
        LETTER.addTo(headers);
        headers.remove(name);
        assertThat(DeadLetterHeaders.of(headers)).isEmpty();
        headers.add(name, value.getBytes(StandardCharsets.UTF_8));
        assertThat(DeadLetterHeaders.of(headers)).isEmpty();
    }

    @Test
    void randomHeadersAreReadOrNoLetters() {
        var random = new Random(20_241_130);
        List<String> texts =
                List.of("", "0", "-1", "9223372036854775808", "a.v1", ".v1", "a.v1.v2", "x", "\u0660", "1e9");
        var whole = new RecordHeaders();
        LETTER.addTo(whole);
        for (int i = 0; i < 100_000; i++) {
            var headers = new RecordHeaders(whole);
            for (int changes = random.nextInt(4); changes > 0; changes--) {
                Header changed = whole.toArray()[random.nextInt(whole.toArray().length)];
                byte[] value = random.nextInt(5) == 0
                        ? null
                        : texts.get(random.nextInt(texts.size())).getBytes(StandardCharsets.UTF_8);
                headers.remove(changed.key());
                headers.add(changed.key(), value);
            }
            DeadLetterHeaders.of(headers).ifPresent(letter -> letter.addTo(new RecordHeaders()));
        }
    }
}
