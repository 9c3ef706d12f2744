package dev.kappa.reprocessing.diff;

import dev.kappa.reprocessing.cluster.RefusedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.CompressionType;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteOptions;

/**
 * The newest value of each key of two topics as of a time, on disk: memory is bounded whatever the topics' size. Deleted
 * when closed. Not thread-safe.
 */
public final class KeyTable implements AutoCloseable {

    private static final long WRITE_BUFFER_BYTES = 32 << 20;
    /** Between a key and its side; never in a key, which is JSON text with control characters escaped. */
    private static final byte SEPARATOR = 0;

    private static final byte VALUE = 1;
    private static final byte TOMBSTONE = 2;

    /** Added to the mark of a side: the key has values from after the cut. */
    private static final byte LATER = 2;

    /** Of which topic a value is. */
    public enum Side {
        OLD((byte) 0),
        NEW((byte) 1);

        private final byte mark;

        Side(byte mark) {
            this.mark = mark;
        }
    }

    /** The value of a key in a topic as of the cut. */
    public sealed interface Held {
        /**
         * A value.
         *
         * @param timestamp of its record
         * @param isFollowed whether the key has values from after the cut, too
         */
        record Value(long timestamp, Bytes bytes, boolean isFollowed) implements Held {}

        /** No value. */
        record Nothing() implements Held {}

        /** Values from after the cut only: what was there before has been compacted away. */
        record OnlyLater() implements Held {}
    }

    /** Told of each key with what both topics have of it. */
    @FunctionalInterface
    public interface Visitor {
        void visit(String key, Held before, Held after);
    }

    /**
     * Where tables are kept while they are used.
     *
     * @param directory the directory in which each gets one of its own
     * @param mostBytes bytes that may be written to one table
     */
    public record Space(Path directory, long mostBytes) {

        private static final long MOST_BYTES = 1L << 30;
        private static final int SHARE_OF_FREE = 4;

        /**
         * A gibibyte for each table, but at most a quarter of what is free: others need the disk, too.
         *
         * @throws RefusedException when the directory cannot be used
         */
        public static Space shared(Path directory) {
            return new Space(directory, Math.min(MOST_BYTES, of(directory).mostBytes()));
        }

        /**
         * A quarter of what is free for each table.
         *
         * @throws RefusedException when the directory cannot be used
         */
        public static Space of(Path directory) {
            try {
                long free =
                        Files.getFileStore(Files.createDirectories(directory)).getUsableSpace();
                return new Space(directory, free / SHARE_OF_FREE);
            } catch (IOException e) {
                throw new RefusedException("Results cannot be kept in " + directory + " while they are compared: " + e);
            }
        }
    }

    private final Space space;
    private final Path directory;
    private final Options options;
    private final WriteOptions unlogged;
    private final RocksDB database;
    private long bytes;

    /** An empty table. */
    public KeyTable(Space space) {
        RocksDB.loadLibrary();
        this.options = new Options()
                .setCreateIfMissing(true)
                .setWriteBufferSize(WRITE_BUFFER_BYTES)
                .setMaxWriteBufferNumber(2)
                .setCompressionType(CompressionType.NO_COMPRESSION)
                .setTableFormatConfig(new BlockBasedTableConfig());
        // Nothing is kept over a crash.
        this.unlogged = new WriteOptions().setDisableWAL(true);
        this.space = space;
        try {
            this.directory = Files.createTempDirectory(Files.createDirectories(space.directory()), "kappa-diff-");
        } catch (IOException e) {
            closeOptions();
            throw new UncheckedIOException(e);
        }
        try {
            this.database = RocksDB.open(options, directory.toString());
        } catch (RocksDBException e) {
            closeOptions();
            deleteAll(directory);
            throw failure(e);
        }
    }

    private void closeOptions() {
        unlogged.close();
        options.close();
    }

    /** Takes a record from up to the cut; one without value says that the key is gone. */
    public void put(Side side, String key, long timestamp, byte @Nullable [] value) {
        ByteBuffer entry = ByteBuffer.allocate(1 + Long.BYTES + (value == null ? 0 : value.length));
        entry.put(value == null ? TOMBSTONE : VALUE).putLong(timestamp);
        if (value != null) {
            entry.put(value);
        }
        write(place(side, key), entry.array());
    }

    /** Takes note of a record from after the cut. */
    public void putLater(Side side, String key) {
        byte[] place = place(side, key);
        place[place.length - 1] += LATER;
        write(place, new byte[0]);
    }

    private void write(byte[] place, byte[] entry) {
        bytes += place.length + entry.length;
        if (bytes > space.mostBytes()) {
            throw new RefusedException("The comparison needs more than the " + (space.mostBytes() >> 20)
                    + " MiB that it may write for each partition in " + space.directory()
                    + ". Run kappa replay diff with --work-dir DIRECTORY, on a disk with more free space.");
        }
        try {
            database.put(unlogged, place, entry);
        } catch (RocksDBException e) {
            throw failure(e);
        }
    }

    private static byte[] place(Side side, String key) {
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        byte[] place = Arrays.copyOf(bytes, bytes.length + 2);
        place[bytes.length] = SEPARATOR;
        place[bytes.length + 1] = side.mark;
        return place;
    }

    /** Visits every key once, in order. */
    public void visit(Visitor visitor) {
        try (RocksIterator entries = database.newIterator()) {
            Optional<String> current = Optional.empty();
            var held = new HashMap<Integer, byte[]>();
            for (entries.seekToFirst(); entries.isValid(); entries.next()) {
                byte[] place = entries.key();
                String key = new String(place, 0, place.length - 2, StandardCharsets.UTF_8);
                if (current.filter(key::equals).isEmpty()) {
                    current.ifPresent(last -> visitor.visit(last, held(held, Side.OLD), held(held, Side.NEW)));
                    current = Optional.of(key);
                    held.clear();
                }
                held.put((int) place[place.length - 1], entries.value());
            }
            entries.status();
            current.ifPresent(last -> visitor.visit(last, held(held, Side.OLD), held(held, Side.NEW)));
        } catch (RocksDBException e) {
            throw failure(e);
        }
    }

    /** The value of a side, of the entries of a key by their marks. */
    private static Held held(Map<Integer, byte[]> entries, Side side) {
        byte[] entry = entries.get((int) side.mark);
        boolean isFollowed = entries.containsKey(side.mark + LATER);
        if (entry == null) {
            return isFollowed ? new Held.OnlyLater() : new Held.Nothing();
        }
        if (entry[0] != VALUE) {
            return new Held.Nothing();
        }
        ByteBuffer buffer = ByteBuffer.wrap(entry, 1, entry.length - 1);
        long timestamp = buffer.getLong();
        byte[] value = new byte[buffer.remaining()];
        buffer.get(value);
        return new Held.Value(timestamp, Bytes.wrap(value), isFollowed);
    }

    private static KafkaException failure(RocksDBException e) {
        return new KafkaException("The comparison's table on disk failed (is its disk full?): " + e.getMessage(), e);
    }

    @Override
    public void close() {
        database.close();
        closeOptions();
        deleteAll(directory);
    }

    /**
     * Deletes a directory of tables, such as one that a process which was killed has left.
     *
     * @throws UncheckedIOException when it cannot be deleted
     */
    public static void deleteAll(Path directory) {
        try {
            Utils.delete(directory.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
