package dev.kappa.app.version;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/**
 * One bound on the memory of all RocksDB stores of the process: blocks, indexes, filters and write buffers share a
 * cache of fixed size, and writes of open transactions, which are kept beside it, have a part of the bound. Thread-safe; closed
 * when no store is open any more.
 *
 * <p>Write buffers are charged to the cache, and each is the smaller the more stores are open. They have no common limit beyond
 * that: at such a limit RocksDB flushes the buffer of the store that is being written to, however little is in it, and never
 * those of stores at rest. With many of these, each single write would become a file.
 *
 * @see <a href="https://github.com/facebook/rocksdb/wiki/Write-Buffer-Manager">RocksDB: Write Buffer Manager</a>
 */
public final class RocksDbMemory implements AutoCloseable {

    /** Key under which Kafka Streams hands this object to {@link Setter}. */
    static final String CONFIG = "kappa.rocksdb.memory";

    private static final double SHARE_OF_INDEXES_AND_FILTERS = 0.1;
    private static final long MIN_WRITE_BUFFER_BYTES = 256 << 10;
    /** RocksDB writes no log here: what is in a write buffer when a process is killed is restored from the changelog. */
    private static final long MAX_WRITE_BUFFER_BYTES = 8 << 20;
    /** The part of the bound, one in so many, that open transactions of all versions have together. */
    private static final long SHARE_OF_TRANSACTIONS = 4;

    private static final long MIN_TRANSACTION_BYTES = 1 << 20;

    /** The least size of a buffer. RocksDB's own choice, a mebibyte, is much for the many segments of a window store. */
    private static final long ARENA_BLOCK = 64 << 10;

    private final long bytes;
    private final Cache cache;
    private final WriteBufferManager writeBuffers;
    private final AtomicInteger openStores = new AtomicInteger();

    public RocksDbMemory(long bytes) {
        RocksDB.loadLibrary();
        this.bytes = bytes;
        // Not strict: with a strict limit a read fails, rather than evicts, when the cache is full of pinned blocks.
        this.cache = new LRUCache(bytes - bytes / SHARE_OF_TRANSACTIONS, -1, false, SHARE_OF_INDEXES_AND_FILTERS);
        this.writeBuffers = new WriteBufferManager(0, cache);
    }

    /**
     * Bytes of writes at which a version commits before its commit interval has passed.
     *
     * @param versions versions that run on this instance and share the bound
     */
    long transactionBytes(long versions) {
        return Math.max(MIN_TRANSACTION_BYTES, bytes / SHARE_OF_TRANSACTIONS / Math.max(1, versions));
    }

    private long nextWriteBuffer() {
        return Math.clamp(bytes / 4 / openStores.incrementAndGet(), MIN_WRITE_BUFFER_BYTES, MAX_WRITE_BUFFER_BYTES);
    }

    @Override
    public void close() {
        writeBuffers.close();
        cache.close();
    }

    /** Gives every store its share. Instantiated by Kafka Streams, once per store. */
    public static final class Setter implements RocksDBConfigSetter {
        private @Nullable RocksDbMemory memory;
        private @Nullable StoreReads reads;

        @Override
        public void setConfig(String storeName, Options options, Map<String, Object> configs) {
            memory = (RocksDbMemory) Objects.requireNonNull(configs.get(CONFIG), CONFIG);
            reads = (StoreReads) Objects.requireNonNull(configs.get(StoreReads.CONFIG), StoreReads.CONFIG);
            var table = (BlockBasedTableConfig) options.tableFormatConfig();
            table.setBlockCache(memory.cache);
            table.setCacheIndexAndFilterBlocks(true);
            table.setCacheIndexAndFilterBlocksWithHighPriority(true);
            table.setPinTopLevelIndexAndFilter(true);
            options.setWriteBufferManager(memory.writeBuffers);
            options.setWriteBufferSize(memory.nextWriteBuffer());
            options.setArenaBlockSize(ARENA_BLOCK);
            options.setTableFormatConfig(table);
        }

        /** The cache outlives the store. */
        @Override
        public void close(String storeName, Options options) {
            if (reads != null) {
                reads.awaitReads(options);
            }
            if (memory != null) {
                memory.openStores.decrementAndGet();
            }
        }
    }
}
