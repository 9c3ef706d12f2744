package dev.kappa.app.security;

import dev.kappa.app.config.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Callers and their roles from a file, one in a line, each with what it is known by. Read again when the file has changed; a
 * file that cannot be read, or has a wrong line, leaves them as they were. Thread-safe.
 */
final class CallersFile {

    private static final Pattern COMMA = Pattern.compile(",");
    private static final Pattern SPACE = Pattern.compile("\\s+");

    private final Function<String[], Known> line;
    private final WatchedFile<Map<String, Caller>> callers;

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
        this.line = line;
        this.callers = new WatchedFile<>(setting, file, this::read);
    }

    private Map<String, Caller> read(Path file) throws IOException {
        var read = new HashMap<String, Caller>();
        var lines = new HashMap<String, Integer>();
        int number = 0;
        for (String text : Files.readAllLines(file)) {
            number++;
            if (text.isBlank() || text.startsWith("#")) {
                continue;
            }
            try {
                Known known = line.apply(SPACE.split(text.strip()));
                Integer before = lines.put(known.by(), number);
                if (before != null) {
                    throw new IllegalArgumentException("it repeats line " + before + ", with roles of its own");
                }
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
        return Optional.ofNullable(callers.get().get(by));
    }
}
