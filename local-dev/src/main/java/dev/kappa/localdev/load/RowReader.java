package dev.kappa.localdev.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/** Reads a file row by row, forward only. Not thread-safe. */
abstract sealed class RowReader implements AutoCloseable
        permits CsvReader, JsonLinesReader, AvroFileReader, ParquetReader {

    /** Stands for bytes that are not UTF-8; Unicode promises never to use it for text. */
    static final char NOT_UTF8 = '\uFDD0';

    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private final FileChannel file;

    RowReader(FileChannel file) {
        this.file = file;
    }

    /**
     * Opens a file: CSV, JSONL, an Avro container file or Parquet, by its name; the first two also compressed.
     *
     * @param file {@code *.csv}, {@code *.tsv}, {@code *.jsonl}, {@code *.ndjson}, one of these with {@code .gz}, or {@code
     *     *.avro} or {@code *.parquet}
     * @param header whether the first line of a CSV file names its columns; if not they are numbered from 1
     * @param delimiter what separates the columns of a CSV file; absent: found in its first line
     * @throws IOException when it cannot be read
     * @throws IllegalArgumentException when its name says none of these
     */
    static RowReader open(Path file, boolean header, Optional<Character> delimiter) throws IOException {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        String plain = name.endsWith(".gz") ? name.substring(0, name.length() - ".gz".length()) : name;
        boolean csv = plain.endsWith(".csv") || plain.endsWith(".tsv");
        boolean json = plain.endsWith(".jsonl") || plain.endsWith(".ndjson");
        boolean parquet = name.endsWith(".parquet");
        if (!csv && !json && !parquet && !name.endsWith(".avro")) {
            throw new IllegalArgumentException(
                    "The format of " + file + " is unknown. Its name must end in .csv, .tsv, .jsonl or .ndjson,"
                            + " each also with .gz, or in .avro or .parquet.");
        }
        FileChannel channel = FileChannel.open(file);
        try {
            if (parquet) {
                return new ParquetReader(file, channel);
            }
            InputStream raw = Channels.newInputStream(channel);
            if (!csv && !json) {
                return new AvroFileReader(raw, channel);
            }
            InputStream bytes = name.endsWith(".gz") ? new GZIPInputStream(raw, 1 << 16) : raw;
            var reader = new BufferedReader(
                    new InputStreamReader(
                            bytes,
                            StandardCharsets.UTF_8
                                    .newDecoder()
                                    .onMalformedInput(CodingErrorAction.REPLACE)
                                    .onUnmappableCharacter(CodingErrorAction.REPLACE)
                                    .replaceWith(String.valueOf(NOT_UTF8))),
                    1 << 16);
            skipByteOrderMark(reader);
            return csv ? new CsvReader(reader, header, delimiter, channel) : new JsonLinesReader(reader, channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Editors for Windows begin files with it; it belongs to no column. */
    private static void skipByteOrderMark(Reader reader) throws IOException {
        reader.mark(1);
        if (reader.read() != BYTE_ORDER_MARK) {
            reader.reset();
        }
    }

    /** The columns, if the file names them before its rows. */
    abstract Optional<List<String>> columns();

    /**
     * The next row; empty at the end.
     *
     * @throws BadRowException when the row cannot be read, but the next may be
     * @throws IOException when nothing more can be read
     */
    abstract Optional<Row> next() throws IOException, BadRowException;

    /** The line that was read last. */
    abstract long line();

    /** The text that was read last, as nearly as possible as it stands in the file. */
    abstract String text();

    /** Bytes of the file read so far; those of a compressed file are counted as they are on disk. */
    long position() throws IOException {
        return file.position();
    }

    final long size() throws IOException {
        return file.size();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
