package dev.kappa.app.runtime;

import java.util.Map;
import java.util.Objects;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/**
 * One bound on the memory of all RocksDB stores of the process: blocks, indexes, filters and write buffers share a
 * cache of fixed size. Thread-safe; closed when no store is open any more.
 *
 * @see <a href="https://github.com/facebook/rocksdb/wiki/Write-Buffer-Manager">RocksDB: Write Buffer Manager</a>
 */
final class RocksDbMemory implements AutoCloseable {

    /** Key under which Kafka Streams hands this object to {@link Setter}. */
    static final String CONFIG = "kappa.rocksdb.memory";

    private static final double SHARE_OF_INDEXES_AND_FILTERS = 0.1;

    private final Cache cache;
    private final WriteBufferManager writeBuffers;

    RocksDbMemory(long bytes) {
        RocksDB.loadLibrary();
        // Not strict: with a strict limit a read fails, rather than evicts, when the cache is full of pinned blocks.
        this.cache = new LRUCache(bytes, -1, false, SHARE_OF_INDEXES_AND_FILTERS);
        this.writeBuffers = new WriteBufferManager(bytes / 2, cache);
    }

    @Override
    public void close() {
        writeBuffers.close();
        cache.close();
    }

    /** Gives every store its share. Instantiated by Kafka Streams, once per store. */
    public static final class Setter implements RocksDBConfigSetter {
        @Override
        public void setConfig(String storeName, Options options, Map<String, Object> configs) {
            var memory = (RocksDbMemory) Objects.requireNonNull(configs.get(CONFIG), CONFIG);
            var table = (BlockBasedTableConfig) options.tableFormatConfig();
            table.setBlockCache(memory.cache);
            table.setCacheIndexAndFilterBlocks(true);
            table.setCacheIndexAndFilterBlocksWithHighPriority(true);
            table.setPinTopLevelIndexAndFilter(true);
            options.setWriteBufferManager(memory.writeBuffers);
            options.setTableFormatConfig(table);
        }

        /** The cache outlives the store. */
        @Override
        public void close(String storeName, Options options) {}
    }
}
