package dev.kappa.app.security;

import dev.kappa.app.config.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The content of a file that a setting names. Read again when the file has changed; a file that cannot be read leaves the content as it
 * was. Thread-safe.
 *
 * @param <T> the content
 */
final class WatchedFile<T> {

    private static final Logger log = LoggerFactory.getLogger(WatchedFile.class);
    private static final Duration LOOKS_EVERY = Duration.ofSeconds(1);

    private final Path file;
    private final Parser<T> parser;
    private volatile T content;
    private FileTime changed;
    private long lookedAt = System.nanoTime();

    /** Reads a file. */
    interface Parser<T> {
        /**
         * The content.
         *
         * @throws IllegalArgumentException saying what is wrong in the file
         */
        T parse(Path file) throws IOException;
    }

    /**
     * Reads the file.
     *
     * @param setting that names it
     * @throws ConfigurationException when it cannot be read
     */
    WatchedFile(String setting, Path file, Parser<T> parser) {
        this.file = file;
        this.parser = parser;
        try {
            this.changed = Files.getLastModifiedTime(file);
            this.content = parser.parse(file);
        } catch (IOException | IllegalArgumentException e) {
            throw new ConfigurationException("Setting " + setting + ": " + file + " cannot be read: "
                    + (e instanceof IOException ? e.toString() : e.getMessage()));
        }
    }

    /** The content of the file, or what it was when it could be read. */
    T get() {
        readAgainIfChanged();
        return content;
    }

    private synchronized void readAgainIfChanged() {
        if (System.nanoTime() - lookedAt < LOOKS_EVERY.toNanos()) {
            return;
        }
        lookedAt = System.nanoTime();
        try {
            FileTime now = Files.getLastModifiedTime(file);
            if (!now.equals(changed)) {
                content = parser.parse(file);
                changed = now;
                log.info("File was reloaded: file={}", file);
            }
        } catch (IOException | IllegalArgumentException e) {
            log.warn(
                    "File cannot be reloaded; what it held before stays in use: file={} failure=\"{}\"",
                    file,
                    e.toString());
        }
    }
}
