package dev.kappa.app.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.app.query.PartitionRequest.Reading;
import dev.kappa.reprocessing.cluster.VersionId;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.Bytes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PartitionRequestTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final VersionId VERSION = new VersionId("trends", 3);
    private static final Bytes KEY = Bytes.wrap(new byte[] {0, -1, 47, 34});
    private static final Instant FROM = Instant.parse("2026-01-01T00:00:00.001Z");
    private static final Optional<ScanCursor> AFTER = Optional.of(new ScanCursor(KEY, Long.MIN_VALUE));

    static Stream<StoreQuery<Bytes>> queries() {
        return Stream.of(
                new StoreQuery.Entry<>(KEY, Optional.empty()),
                new StoreQuery.Entry<>(Bytes.wrap(new byte[0]), Optional.of(FROM)),
                new StoreQuery.Entries<>(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), 1),
                new StoreQuery.Entries<>(Optional.of(KEY), Optional.of(KEY), Optional.of("\"ü/"), AFTER, 1000),
                new StoreQuery.WindowsOfKey<>(KEY, Instant.EPOCH, Instant.ofEpochMilli(Long.MAX_VALUE), AFTER, 7),
                new StoreQuery.Windows<>(FROM, FROM.plusMillis(1), Optional.empty(), 100),
                new StoreQuery.Top<>(FROM, 10));
    }

    @ParameterizedTest
    @MethodSource("queries")
    void whatIsSentIsRead(StoreQuery<Bytes> query) throws Exception {
        for (Optional<Duration> staleFor :
                java.util.List.of(Optional.<Duration>empty(), Optional.of(Duration.ofDays(36_500)))) {
            var request = new PartitionRequest(
                    VERSION, "counts", query, new Reading(Set.of(0, 11), staleFor, staleFor.isEmpty()));
            assertThat(PartitionRequest.fromJson(JSON.readTree(request.toJson().toString())))
                    .isEqualTo(request);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "null",
                "{\"view\":\"a\",\"version\":0,\"store\":\"b\",\"partitions\":[],\"query\":{\"kind\":\"top\",\"limit\":1,\"start\":\"2026-01-01T00:00:00Z\"}}",
                "{\"view\":\"a\",\"version\":1,\"store\":\"b\",\"partitions\":[-1],\"query\":{\"kind\":\"top\",\"limit\":1,\"start\":\"2026-01-01T00:00:00Z\"}}",
                "{\"view\":\"a\",\"version\":1,\"store\":\"b\",\"partitions\":[0],\"query\":{\"kind\":\"top\",\"limit\":1,\"start\":\"soon\"}}",
                "{\"view\":\"a\",\"version\":1,\"store\":\"b\",\"partitions\":[0],\"query\":{\"kind\":\"all\",\"limit\":1}}",
                "{\"view\":\"a\",\"version\":1,\"store\":\"b\",\"partitions\":[0],\"query\":{\"kind\":\"entry\",\"limit\":1,\"key\":\"*\"}}"
            })
    void garbageIsRefused(String text) {
        assertThatThrownBy(() -> PartitionRequest.fromJson(JSON.readTree(text)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void keysTakeAnotherForm() {
        var query = new StoreQuery.Entries<>(Optional.of(1), Optional.of(2), Optional.of("p"), AFTER, 5);
        assertThat(query.withKeys(String::valueOf))
                .isEqualTo(new StoreQuery.Entries<>(Optional.of("1"), Optional.of("2"), Optional.of("p"), AFTER, 5));
    }
}
