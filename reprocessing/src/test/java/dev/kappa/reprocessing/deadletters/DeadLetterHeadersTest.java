package dev.kappa.reprocessing.deadletters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.reprocessing.cluster.VersionId;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.apache.kafka.common.TopicPartition;
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
}
