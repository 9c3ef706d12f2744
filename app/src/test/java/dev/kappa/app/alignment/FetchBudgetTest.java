package dev.kappa.app.alignment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FetchBudgetTest {

    private static final int MEGABYTE = 1 << 20;

    private final FetchBudget budget = new FetchBudget(16 * MEGABYTE);

    @BeforeEach
    void begin() {
        budget.begin();
    }

    private byte[] key(int size) {
        return budget.keys().deserialize("posts", new RecordHeaders(), ByteBuffer.allocate(size));
    }

    private byte[] value(int size) {
        return budget.values().deserialize("posts", new RecordHeaders(), ByteBuffer.allocate(size));
    }

    @Test
    void pollEndsAtTheRecordThatDoesNotFit() {
        for (int i = 0; i < 7; i++) {
            key(5);
            assertThat(value(MEGABYTE)).hasSize(MEGABYTE);
        }
        key(5);
        assertThatThrownBy(() -> value(2 * MEGABYTE)).isInstanceOf(SerializationException.class);
        budget.begin();
        key(5);
        assertThat(value(2 * MEGABYTE)).hasSize(2 * MEGABYTE);
    }

    @Test
    void firstRecordIsHandedOverWhateverItsSize() {
        key(9 * MEGABYTE);
        assertThat(value(10 * MEGABYTE)).hasSize(10 * MEGABYTE);
        assertThatThrownBy(() -> key(1)).isInstanceOf(SerializationException.class);
        budget.begin();
        assertThat(value(10 * MEGABYTE)).as("without a key").hasSize(10 * MEGABYTE);
        assertThatThrownBy(() -> value(1)).isInstanceOf(SerializationException.class);
    }

    @Test
    void valueThatIsTooLargeIsLeftOut() {
        var headers = new RecordHeaders();
        byte[] value = budget.values().deserialize("posts", headers, ByteBuffer.allocate(16 * MEGABYTE + 1));
        assertThat(value).isEmpty();
        assertThat(FetchBudget.tooLarge(headers).orElseThrow())
                .contains("16777217", "16777216", "kappa.topics.max-message-bytes");
    }

    @Test
    void headerOfOthersSaysNothing() {
        var headers = new RecordHeaders();
        headers.add(FetchBudget.TOO_LARGE, "x".getBytes(StandardCharsets.UTF_8));
        byte[] data = {1, 2, 3};
        assertThat(Arrays.equals(budget.values().deserialize("posts", headers, ByteBuffer.wrap(data)), data))
                .isTrue();
        assertThat(FetchBudget.tooLarge(headers)).isEmpty();
    }
}
