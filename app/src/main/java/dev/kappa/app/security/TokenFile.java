package dev.kappa.app.security;

import dev.kappa.app.config.ConfigurationException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tokens from a file, of which it holds only SHA-256 sums: a line for each, {@code NAME SHA256 ROLE,ROLE:VIEW,…}. Read again
 * when the file has changed; a file that cannot be read leaves the tokens as they were.
 */
final class TokenFile implements Authenticator {

    private static final Logger log = LoggerFactory.getLogger(TokenFile.class);
    private static final Pattern COMMA = Pattern.compile(",");
    private static final Pattern SPACE = Pattern.compile("\\s+");
    private static final Pattern SUM = Pattern.compile("[0-9a-f]{64}");
    private static final Duration LOOKS_EVERY = Duration.ofSeconds(1);

    private final Path file;
    private volatile Map<String, Caller> callers;
    private FileTime changed;
    private long lookedAt = System.nanoTime();

    /**
     * Reads the file.
     *
     * @throws ConfigurationException when it cannot be read
     */
    TokenFile(Path file) {
        this.file = file;
        try {
            this.changed = Files.getLastModifiedTime(file);
            this.callers = read(file);
        } catch (IOException | IllegalArgumentException e) {
            throw new ConfigurationException("Setting kappa.security.tokens-file: " + file + " cannot be read: "
                    + (e instanceof IOException ? e.toString() : e.getMessage()));
        }
    }

    private static Map<String, Caller> read(Path file) throws IOException {
        var callers = new HashMap<String, Caller>();
        int number = 0;
        for (String line : Files.readAllLines(file)) {
            number++;
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            String[] parts = SPACE.split(line.strip(), 3);
            if (parts.length != 3
                    || !SUM.matcher(parts[1].toLowerCase(Locale.ROOT)).matches()) {
                throw new IllegalArgumentException(
                        "line " + number + " is not of the form NAME SHA256-IN-HEX ROLE,ROLE:VIEW");
            }
            try {
                callers.put(
                        parts[1].toLowerCase(Locale.ROOT),
                        new Caller(
                                parts[0],
                                COMMA.splitAsStream(parts[2])
                                        .map(Caller.Grant::parse)
                                        .toList()));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("line " + number + ": " + e.getMessage(), e);
            }
        }
        return callers;
    }

    @Override
    public Optional<Caller> authenticate(String token) {
        readAgainIfChanged();
        return Optional.ofNullable(callers.get(sha256(token)));
    }

    private synchronized void readAgainIfChanged() {
        if (System.nanoTime() - lookedAt < LOOKS_EVERY.toNanos()) {
            return;
        }
        lookedAt = System.nanoTime();
        try {
            FileTime now = Files.getLastModifiedTime(file);
            if (!now.equals(changed)) {
                callers = read(file);
                changed = now;
                log.info("Tokens were read again: file={} tokens={}", file, callers.size());
            }
        } catch (IOException | IllegalArgumentException e) {
            log.warn("Tokens cannot be read again and stay as they were: file={} failure=\"{}\"", file, e.toString());
        }
    }

    static String sha256(String token) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JDK has SHA-256", e);
        }
    }
}
