package dev.kappa.app.security;

import dev.kappa.reprocessing.cluster.Sha256;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Tokens of a {@link CallersFile}, which holds only their SHA-256 sums: a line for each, {@code NAME SHA256
 * ROLE,ROLE:VIEW,…}. Thread-safe.
 */
final class TokenFile implements Authenticator {

    private static final Pattern SUM = Pattern.compile("[0-9a-f]{64}");

    private final CallersFile callers;

    /**
     * Reads the file.
     *
     * @throws dev.kappa.app.config.ConfigurationException when it cannot be read
     */
    TokenFile(Path file) {
        this.callers = new CallersFile("kappa.security.tokens-file", file, TokenFile::known);
    }

    private static CallersFile.Known known(String[] words) {
        String sum = words.length == 3 ? words[1].toLowerCase(Locale.ROOT) : "";
        if (!SUM.matcher(sum).matches()) {
            throw new IllegalArgumentException("not of the form NAME SHA256-IN-HEX ROLE,ROLE:VIEW");
        }
        return new CallersFile.Known(sum, words[0], words[2]);
    }

    @Override
    public Optional<Caller> authenticate(String token) {
        return callers.find(sha256(token));
    }

    static String sha256(String token) {
        return Sha256.of(token.getBytes(StandardCharsets.UTF_8));
    }
}
