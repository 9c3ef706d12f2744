package dev.kappa.app.security;

import dev.kappa.app.config.ConfigurationException;
import dev.kappa.app.config.KappaConfig;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The secret by which the instances of a fleet recognize each other. Each has it in a file and signs its requests with it
 * (HMAC-SHA-256, RFC 2104). The signature includes the time, so it is useless later or for another request. Thread-safe.
 */
@Singleton
public final class FleetSecret {

    /** The header that holds a signature. */
    public static final String HEADER = "Kappa-Fleet";

    private static final String ALGORITHM = "HmacSHA256";
    private static final int MIN_BYTES = 32;
    private static final Duration CLOCKS_APART = Duration.ofMinutes(1);
    private static final Pattern SIGNATURE = Pattern.compile("(\\d{1,15}):([0-9a-f]{64})");

    private final Optional<SecretKeySpec> key;
    private final InstantSource clock;

    /**
     * Reads the secret, if one is set.
     *
     * @throws ConfigurationException when it cannot be read or is too short
     */
    @Inject
    FleetSecret(KappaConfig config) {
        this(config.security().fleetSecretFile(), InstantSource.system());
    }

    FleetSecret(Optional<Path> file, InstantSource clock) {
        this.key = file.map(FleetSecret::read);
        this.clock = clock;
    }

    private static SecretKeySpec read(Path file) {
        try {
            byte[] secret = Files.readString(file).strip().getBytes(StandardCharsets.UTF_8);
            if (secret.length < MIN_BYTES) {
                throw new ConfigurationException("Setting kappa.security.fleet-secret-file: the secret in " + file
                        + " must have " + MIN_BYTES + " characters at least; it has " + secret.length);
            }
            return new SecretKeySpec(secret, ALGORITHM);
        } catch (IOException e) {
            throw new ConfigurationException(
                    "Setting kappa.security.fleet-secret-file: " + file + " cannot be read: " + e);
        }
    }

    /** The signature of a request; empty when there is no secret. */
    public Optional<String> sign(String method, String pathAndQuery) {
        long now = clock.millis();
        return key.map(secret -> now + ":" + hmac(secret, now, method, pathAndQuery));
    }

    /** Whether a request was signed by an instance of this fleet, and lately. */
    boolean isSigned(String signature, String method, String pathAndQuery) {
        Matcher matcher = SIGNATURE.matcher(signature);
        if (key.isEmpty() || !matcher.matches()) {
            return false;
        }
        long at = Long.parseLong(matcher.group(1));
        return Math.abs(clock.millis() - at) <= CLOCKS_APART.toMillis()
                && MessageDigest.isEqual(
                        hmac(key.get(), at, method, pathAndQuery).getBytes(StandardCharsets.US_ASCII),
                        matcher.group(2).getBytes(StandardCharsets.US_ASCII));
    }

    private static String hmac(SecretKeySpec key, long at, String method, String pathAndQuery) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return HexFormat.of()
                    .formatHex(
                            mac.doFinal((at + "\n" + method + "\n" + pathAndQuery).getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("Every JDK has " + ALGORITHM, e);
        }
    }
}
