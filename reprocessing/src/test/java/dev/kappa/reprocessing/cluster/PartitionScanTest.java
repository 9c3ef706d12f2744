package dev.kappa.reprocessing.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;

class PartitionScanTest {

    private static final TopicPartition A = new TopicPartition("a", 0);
    private static final Duration PATIENCE = Duration.ofMillis(300);

    private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("earliest");
    private final List<Long> read = new ArrayList<>();

    PartitionScanTest() {
        consumer.assign(List.of(A));
        consumer.updateBeginningOffsets(Map.of(A, 0L));
        for (long offset = 0; offset < 5; offset++) {
            consumer.addRecord(new ConsumerRecord<>(A.topic(), A.partition(), offset, new byte[0], new byte[0]));
        }
    }

    @Test
    void recordsBehindTheEndAreNotAmongThem() {
        scan(3).forEach(record -> read.add(record.offset()));
        assertThat(read).containsExactly(0L, 1L, 2L);
    }

    /** They come in the same fetch, and the consumer will not give them again. */
    @Test
    void consumerThatIsReadOnGetsRecordsBehindTheEndToo() {
        scan(3).forEachPolled(record -> read.add(record.offset()));
        assertThat(read).containsExactly(0L, 1L, 2L, 3L, 4L);
        assertThat(consumer.position(A)).isEqualTo(5);
    }

    @Test
    void scanEndsAtTheRecordThatIsWanted() {
        scan(5).until(record -> {
            read.add(record.offset());
            return record.offset() == 1;
        });
        assertThat(read).containsExactly(0L, 1L);
    }

    @Test
    void emptyPartitionsAreReadAtOnce() {
        scan(0).forEach(record -> read.add(record.offset()));
        assertThat(read).isEmpty();
    }

    @Test
    void scanWithoutProgressEnds() {
        assertThatThrownBy(() -> scan(9).forEach(record -> read.add(record.offset())))
                .isInstanceOf(TimeoutException.class)
                .hasMessageContaining("5 of 9");
        assertThat(read).hasSize(5);
    }

    private PartitionScan scan(long end) {
        return new PartitionScan(consumer, Map.of(A, end), PATIENCE);
    }
}
