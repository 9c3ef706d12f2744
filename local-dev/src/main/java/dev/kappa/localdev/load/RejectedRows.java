package dev.kappa.localdev.load;

import dev.kappa.reprocessing.command.CommandException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.commons.csv.CSVFormat;
import org.jspecify.annotations.Nullable;

/** Writes rows that made no event to a side file: line, reason, and the row as it was. Not thread-safe. */
final class RejectedRows implements AutoCloseable {

    private final Path file;
    private final boolean append;
    private @Nullable BufferedWriter writer;
    private long count;

    /**
     * None yet.
     *
     * @param append whether rows are added to those that are in the file
     */
    RejectedRows(Path file, boolean append) {
        this.file = file;
        this.append = append;
    }

    void add(long line, String reason, String text) throws IOException {
        if (writer == null) {
            try {
                writer = append && Files.exists(file)
                        ? Files.newBufferedWriter(file, StandardOpenOption.APPEND)
                        : Files.newBufferedWriter(file);
            } catch (IOException e) {
                throw CommandException.refused("The side file for bad rows, " + file + ", cannot be written: " + e
                        + ". Choose another with --rejects.");
            }
            write(writer, "line", "reason", "row");
        }
        write(writer, line, reason, text);
        count++;
    }

    private static void write(BufferedWriter to, Object... values) throws IOException {
        to.write(CSVFormat.RFC4180.format(values));
        to.newLine();
    }

    long count() {
        return count;
    }

    Path file() {
        return file;
    }

    @Override
    public void close() throws IOException {
        if (writer != null) {
            writer.close();
        }
    }
}
