package dev.kappa.app.version;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.rocksdb.RocksObject;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The reads of a version's stores by queries and for metrics. A store is closed only while nobody reads, and nobody begins to read until it is
 * closed. Kafka Streams 4.4 does not see to that where queries read committed data only: a query that begins an iterator while the
 * stream thread closes the database ends the process in native code.
 *
 * <p>Kafka Streams calls {@code RocksDBConfigSetter.close} just before it closes a database, and closes the database's options right
 * after it: both are seen from here. Thread-safe.
 */
public final class StoreReads {

    /** Key under which Kafka Streams hands this object to the config setter of the stores. */
    static final String CONFIG = "kappa.store.reads";

    /** Maximum wait of a stream thread for queries. They stop at the next result when a store is to be closed. */
    private static final Duration LONGEST_READ = Duration.ofSeconds(30);

    /** Maximum wait of a query for stores to be closed. */
    private static final Duration LONGEST_CLOSE = Duration.ofSeconds(2);

    private static final Duration POLL = Duration.ofMillis(1);

    private static final Logger log = LoggerFactory.getLogger(StoreReads.class);

    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

    /** Options of the databases that are being closed. They are closed, too, after the database. */
    private final Set<RocksObject> closing = ConcurrentHashMap.newKeySet();

    /**
     * Reads stores. Waits until no store is being closed.
     *
     * @throws InvalidStateStoreException when stores are being closed
     */
    public <T> T read(Supplier<T> reading) {
        long deadline = System.nanoTime() + LONGEST_CLOSE.toNanos();
        while (true) {
            awaitClosed(deadline);
            lock.readLock().lock();
            try {
                if (closing.isEmpty()) {
                    return reading.get();
                }
            } finally {
                lock.readLock().unlock();
            }
        }
    }

    /** Reads stores, unless one is being closed. Never waits. */
    <T> Optional<T> readUnlessClosing(Supplier<T> reading) {
        if (!lock.readLock().tryLock()) {
            return Optional.empty();
        }
        try {
            closing.removeIf(options -> !options.isOwningHandle());
            return closing.isEmpty() ? Optional.of(reading.get()) : Optional.empty();
        } finally {
            lock.readLock().unlock();
        }
    }

    /**
     * To be called by a query that reads many results, between two of them.
     *
     * @throws InvalidStateStoreException when a store is to be closed
     */
    public void requireOpen() {
        if (!closing.isEmpty()) {
            throw new InvalidStateStoreException("A store is being closed");
        }
    }

    private void awaitClosed(long deadline) {
        while (true) {
            closing.removeIf(options -> !options.isOwningHandle());
            if (closing.isEmpty()) {
                return;
            }
            if (System.nanoTime() > deadline) {
                requireOpen();
            }
            try {
                Thread.sleep(POLL);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                requireOpen();
            }
        }
    }

    /** Waits until no query reads. The database with these options is closed next, by the calling thread. */
    void awaitReads(RocksObject options) {
        closing.add(options);
        boolean isInterrupted = Thread.interrupted();
        try {
            if (lock.writeLock().tryLock(LONGEST_READ.toMillis(), TimeUnit.MILLISECONDS)) {
                lock.writeLock().unlock();
            } else {
                log.error("A store is closed although a query still reads it: waitedMs={}", LONGEST_READ.toMillis());
            }
        } catch (InterruptedException e) {
            isInterrupted = true;
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
