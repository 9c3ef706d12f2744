package dev.kappa.app.security;

import dev.kappa.app.config.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Callers and their roles from a file, one in a line, each with what it is known by. Read again when the file has changed; a
 * file that cannot be read leaves them as they were. Thread-safe.
 */
final class CallersFile {

    private static final Logger log = LoggerFactory.getLogger(CallersFile.class);
    private static final Pattern COMMA = Pattern.compile(",");
    private static final Pattern SPACE = Pattern.compile("\\s+");
    private static final Duration LOOKS_EVERY = Duration.ofSeconds(1);

    private final Path file;
    private final Function<String[], Known> line;
    private volatile Map<String, Caller> callers;
    private FileTime changed;
    private long lookedAt = System.nanoTime();

    /**
     * The content of a line.
     *
     * @param by what the caller is known by
     * @param name the caller's name
     * @param roles the caller's roles, separated by commas
     */
    record Known(String by, String name, String roles) {}

    /**
     * Reads the file.
     *
     * @param setting that names it
     * @param file where it is
     * @param line takes the words of a line; throws {@link IllegalArgumentException} saying what form they must have
     * @throws ConfigurationException when it cannot be read
     */
    CallersFile(String setting, Path file, Function<String[], Known> line) {
        this.file = file;
        this.line = line;
        try {
            this.changed = Files.getLastModifiedTime(file);
            this.callers = read();
        } catch (IOException | IllegalArgumentException e) {
            throw new ConfigurationException("Setting " + setting + ": " + file + " cannot be read: "
                    + (e instanceof IOException ? e.toString() : e.getMessage()));
        }
    }

    private Map<String, Caller> read() throws IOException {
        var read = new HashMap<String, Caller>();
        int number = 0;
        for (String text : Files.readAllLines(file)) {
            number++;
            if (text.isBlank() || text.startsWith("#")) {
                continue;
            }
            try {
                Known known = line.apply(SPACE.split(text.strip()));
                var grants = Stream.of(COMMA.split(known.roles(), -1))
                        .map(Caller.Grant::parse)
                        .toList();
                read.put(known.by(), new Caller(known.name(), grants));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("line " + number + ": " + e.getMessage(), e);
            }
        }
        return Map.copyOf(read);
    }

    /** The caller of a key, such as the name in a certificate; empty when the file has no such line. */
    Optional<Caller> find(String by) {
        readAgainIfChanged();
        return Optional.ofNullable(callers.get(by));
    }

    private synchronized void readAgainIfChanged() {
        if (System.nanoTime() - lookedAt < LOOKS_EVERY.toNanos()) {
            return;
        }
        lookedAt = System.nanoTime();
        try {
            FileTime now = Files.getLastModifiedTime(file);
            if (!now.equals(changed)) {
                callers = read();
                changed = now;
                log.info("Callers file was reloaded: file={} callers={}", file, callers.size());
            }
        } catch (IOException | IllegalArgumentException e) {
            log.warn(
                    "Callers file cannot be reloaded; the previous callers stay in use: file={} failure=\"{}\"",
                    file,
                    e.toString());
        }
    }
}
