package dev.kappa.app.version;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.rocksdb.Options;

class StoreReadsTest {

    private final StoreReads reads = new StoreReads();
    private final Options options = new Options();

    @AfterEach
    void close() {
        options.close();
    }

    @Test
    void storeIsClosedWhenTheQueryHasRead() throws Exception {
        var isReading = new CountDownLatch(1);
        var hasRead = new CountDownLatch(1);
        var query = new FutureTask<>(() -> reads.read(() -> {
            isReading.countDown();
            await(hasRead);
            return options.isOwningHandle();
        }));
        Thread asking = Thread.ofPlatform().start(query);
        isReading.await();
        Thread streamThread = Thread.ofPlatform().start(() -> {
            reads.awaitReads(options);
            options.close();
        });
        while (streamThread.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        assertThatThrownBy(reads::requireOpen).isInstanceOf(InvalidStateStoreException.class);
        hasRead.countDown();
        assertThat(query.get()).isTrue();
        streamThread.join();
        asking.join();
    }

    @Test
    void queryReadsWhenTheStoreIsClosed() throws Exception {
        reads.awaitReads(options);
        var query = new FutureTask<>(() -> reads.read(options::isOwningHandle));
        Thread asking = Thread.ofPlatform().start(query);
        while (asking.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        options.close();
        assertThat(query.get()).isFalse();
        reads.requireOpen();
    }

    @Test
    void queryOfAStoreThatIsNotClosedInTimeIsRefused() {
        reads.awaitReads(options);
        assertThatThrownBy(() -> reads.read(() -> true)).isInstanceOf(InvalidStateStoreException.class);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
