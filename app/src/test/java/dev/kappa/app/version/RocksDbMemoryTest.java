package dev.kappa.app.version;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

class RocksDbMemoryTest {

    private static final int WRITES = 20_000;

    @TempDir
    Path directory = Path.of("");

    /** A store with RocksDB's options as Kafka Streams makes them where it matters here. */
    private RocksDB open(RocksDbMemory memory, String name) throws RocksDBException {
        var options = new Options().setCreateIfMissing(true);
        options.setTableFormatConfig(new BlockBasedTableConfig());
        new RocksDbMemory.Setter()
                .setConfig(name, options, Map.of(RocksDbMemory.CONFIG, memory, StoreReads.CONFIG, new StoreReads()));
        return RocksDB.open(options, directory.resolve(name).toString());
    }

    @Test
    void storesAtRestDoNotMakeEveryWriteOfAnotherAFile() throws RocksDBException {
        List<RocksDB> open = new ArrayList<>();
        try (var memory = new RocksDbMemory(32 << 20)) {
            try {
                for (int i = 0; i < 60; i++) {
                    RocksDB atRest = open(memory, "at-rest-" + i);
                    open.add(atRest);
                    fill(atRest, 300);
                }
                RocksDB busy = open(memory, "busy");
                open.add(busy);
                fill(busy, WRITES);
                long written = busy.getLiveFilesMetaData().stream()
                        .mapToLong(file -> file.numEntries())
                        .sum();
                assertThat(written).isPositive();
                assertThat(busy.getLiveFilesMetaData())
                        .as("files of %d entries", written)
                        .hasSizeLessThan(WRITES / 500);
                assertThat(busy.getLongProperty("rocksdb.size-all-mem-tables")).isLessThan(32 << 20);
            } finally {
                open.forEach(RocksDB::close);
            }
        }
    }

    private static void fill(RocksDB store, int writes) throws RocksDBException {
        for (int i = 0; i < writes; i++) {
            store.put(ByteBuffer.allocate(Integer.BYTES).putInt(i).array(), new byte[100]);
        }
    }
}
