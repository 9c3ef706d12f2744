package dev.kappa.localdev.load;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/** The rows of a file in order, of which the first can be looked at before they are taken. Not thread-safe. */
final class LoadRows {

    private static final int FIRST = 200;

    private final RowReader reader;
    private final Deque<Read> ahead = new ArrayDeque<>();
    private long taken;

    /**
     * The rows read from a file.
     *
     * @param row a row; absent when it cannot be read
     * @param line line of the file that it ends on
     * @param text the row as it stands in the file
     * @param problem why it cannot be read
     */
    record Read(Optional<Row> row, long line, String text, String problem) {}

    /**
     * Of a file.
     *
     * @param skip rows at its beginning that are left out
     */
    LoadRows(RowReader reader, long skip) throws IOException {
        this.reader = reader;
        while (taken < skip && read().isPresent()) {
            taken++;
        }
    }

    /** The first rows, or those left. */
    List<Read> first() throws IOException {
        while (ahead.size() < FIRST) {
            Optional<Read> next = read();
            if (next.isEmpty()) {
                break;
            }
            ahead.add(next.get());
        }
        return new ArrayList<>(ahead);
    }

    /** The next row; empty at the end. */
    Optional<Read> next() throws IOException {
        Optional<Read> next = ahead.isEmpty() ? read() : Optional.of(ahead.removeFirst());
        if (next.isPresent()) {
            taken++;
        }
        return next;
    }

    private Optional<Read> read() throws IOException {
        try {
            return reader.next().map(row -> new Read(Optional.of(row), row.line(), reader.text(), ""));
        } catch (BadRowException e) {
            return Optional.of(
                    new Read(Optional.empty(), reader.line(), reader.text(), String.valueOf(e.getMessage())));
        }
    }

    /** Rows that have been taken or skipped. */
    long taken() {
        return taken;
    }

    long line() {
        return reader.line();
    }

    long position() throws IOException {
        return reader.position();
    }

    long size() throws IOException {
        return reader.size();
    }
}
