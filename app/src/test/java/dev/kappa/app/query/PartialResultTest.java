package dev.kappa.app.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.IntNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.utils.Bytes;
import org.junit.jupiter.api.Test;

class PartialResultTest {

    private static final SortedMap<Integer, String> NOTHING = new TreeMap<>();

    @Test
    void itemsOfAllPartitionsComeInOrderAndStopAtTheLimit() {
        PartialResult merged =
                PartialResult.merged(List.of(result(false, 1, "a", "d"), result(false, 30, "b", "c")), NOTHING, 3);

        assertThat(merged.items()).extracting(item -> text(item.cursor().key())).containsExactly("a", "b", "c");
        assertThat(merged.more()).isTrue();
        assertThat(merged.next()).hasValue(merged.items().getLast().cursor());
        assertThat(merged.staleness()).isEqualTo(Duration.ofMillis(30));
    }

    @Test
    void thereIsMoreWhenOnePartitionHasMore() {
        assertThat(PartialResult.merged(List.of(result(true, 0, "a"), result(false, 0, "b")), NOTHING, 5)
                        .more())
                .isTrue();
        assertThat(PartialResult.merged(List.of(result(false, 0, "a"), result(false, 0, "b")), NOTHING, 5)
                        .next())
                .isEmpty();
    }

    @Test
    void whatIsSentIsRead() throws Exception {
        var missing = new TreeMap<>(Map.of(2, "not here"));
        var sent = new PartialResult(result(true, 5, "a", "ü").items(), true, missing, Duration.ofMillis(5));
        assertThat(PartialResult.fromJson(
                        new ObjectMapper().readTree(sent.toJson().toString())))
                .isEqualTo(sent);
    }

    private static PartialResult result(boolean more, long stalenessMs, String... keys) {
        return new PartialResult(
                List.of(keys).stream()
                        .map(key -> new PartialResult.Item(
                                new ScanCursor(Bytes.wrap(key.getBytes(StandardCharsets.UTF_8)), 0),
                                IntNode.valueOf(key.length())))
                        .toList(),
                more,
                NOTHING,
                Duration.ofMillis(stalenessMs));
    }

    private static String text(Bytes key) {
        return new String(key.get(), StandardCharsets.UTF_8);
    }
}
