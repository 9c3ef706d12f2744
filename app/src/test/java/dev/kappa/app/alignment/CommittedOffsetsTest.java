package dev.kappa.app.alignment;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.junit.jupiter.api.Test;

class CommittedOffsetsTest {

    private static final Duration FLUSH = Duration.ofMillis(5);

    private final CommittedOffsets committed = new CommittedOffsets();

    @Test
    void aCommitTakesTheFlushesOfAllItsTasks() {
        Producer<byte[], byte[]> producer = committed.watching(new SlowProducer());
        producer.initTransactions();
        producer.beginTransaction();
        for (int task = 0; task < 20; task++) {
            producer.flush();
        }
        producer.commitTransaction();
        Duration once = committed.took();
        assertThat(once).as("a part of it, for the first").isGreaterThan(FLUSH.multipliedBy(20 / 4 - 1));

        producer.beginTransaction();
        producer.flush();
        producer.commitTransaction();
        assertThat(committed.took()).as("shorter").isLessThan(once);
    }

    private static final class SlowProducer extends MockProducer<byte[], byte[]> {
        @Override
        public synchronized void flush() {
            long end = System.nanoTime() + FLUSH.toNanos();
            while (System.nanoTime() < end) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            }
        }
    }
}
