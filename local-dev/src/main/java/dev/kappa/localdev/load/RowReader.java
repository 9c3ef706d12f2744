package dev.kappa.localdev.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/** Reads a file row by row, forward only. Not thread-safe. */
abstract sealed class RowReader implements AutoCloseable permits CsvReader, JsonLinesReader {

    /** Stands for bytes that are not UTF-8; Unicode promises never to use it for text. */
    static final char NOT_UTF8 = '\uFDD0';

    private final FileChannel file;

    RowReader(FileChannel file) {
        this.file = file;
    }

    /**
     * Opens a file: CSV or JSONL, by its name, also compressed.
     *
     * @param file {@code *.csv}, {@code *.jsonl}, {@code *.ndjson} or one of these with {@code .gz}
     * @param header whether the first line of a CSV file names its columns; if not they are numbered from 1
     * @throws IOException when it cannot be read
     * @throws IllegalArgumentException when its name says neither
     */
    static RowReader open(Path file, boolean header) throws IOException {
        String name = file.getFileName().toString();
        String plain = name.endsWith(".gz") ? name.substring(0, name.length() - ".gz".length()) : name;
        boolean csv = plain.endsWith(".csv");
        if (!csv && !plain.endsWith(".jsonl") && !plain.endsWith(".ndjson")) {
            throw new IllegalArgumentException(
                    "What is in " + file + "? Its name must end in .csv, .jsonl or .ndjson, each also with .gz.");
        }
        FileChannel channel = FileChannel.open(file);
        try {
            InputStream raw = Channels.newInputStream(channel);
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
            return csv ? new CsvReader(reader, header, channel) : new JsonLinesReader(reader, channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
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
    final long position() throws IOException {
        return file.position();
    }

    final long size() throws IOException {
        return file.size();
    }

    @Override
    public final void close() throws IOException {
        file.close();
    }
}
