package dev.kappa.app.security;

import dev.kappa.app.config.ConfigurationException;
import dev.kappa.app.config.KappaConfig;
import dev.kappa.reprocessing.fleet.ReportSignatures;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The secret by which the instances of a fleet recognize each other. Each has it in a file and signs its requests, answers and reports with
 * it (HMAC-SHA-256, RFC 2104). The signature of a request includes the time, the instance that is asked, and a number that is used once, so it is useless
 * later, elsewhere, again, or for another request.
 *
 * <p>The file may hold two secrets, in a line each: the first signs, both are accepted. So a secret is replaced while the fleet runs. The
 * file is read again when it changes. Thread-safe.
 */
@Singleton
public final class FleetSecret implements ReportSignatures {

    /** The header that holds a signature. */
    public static final String HEADER = "Kappa-Fleet";

    private static final String ALGORITHM = "HmacSHA256";
    private static final int MIN_BYTES = 32;
    private static final int MAX_SECRETS = 2;
    private static final int NONCE_BYTES = 12;
    private static final Duration CLOCKS_APART = Duration.ofMinutes(1);
    private static final Pattern SIGNATURE = Pattern.compile("(\\d{1,15}):([0-9a-f]{24}):([0-9a-f]{64})");

    /** Of so many requests, a repeated one is recognized; a signature is good for a minute in any case. */
    private static final int MAX_NONCES = 100_000;

    private final Optional<WatchedFile<List<SecretKeySpec>>> keys;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();

    private final Map<String, Boolean> used = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > MAX_NONCES;
        }
    };

    /**
     * Reads the secret, if one is set.
     *
     * @throws ConfigurationException when it cannot be read or is too short
     */
    @Inject
    public FleetSecret(KappaConfig config) {
        this(config.security().fleetSecretFile(), InstantSource.system());
    }

    FleetSecret(Optional<Path> file, InstantSource clock) {
        this.keys = file.map(path -> new WatchedFile<>("kappa.security.fleet-secret-file", path, FleetSecret::read));
        this.clock = clock;
    }

    private static List<SecretKeySpec> read(Path file) throws IOException {
        List<String> secrets = Files.readAllLines(file).stream()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
        if (secrets.isEmpty() || secrets.size() > MAX_SECRETS) {
            throw new IllegalArgumentException("it must hold one secret, or two while one replaces the other; it has "
                    + secrets.size() + " lines");
        }
        return secrets.stream().map(FleetSecret::key).toList();
    }

    private static SecretKeySpec key(String secret) {
        byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
        if (bytes.length < MIN_BYTES) {
            throw new IllegalArgumentException(
                    "a secret must have " + MIN_BYTES + " characters at least; it has " + bytes.length);
        }
        return new SecretKeySpec(bytes, ALGORITHM);
    }

    /**
     * The signature of a request; empty when there is no secret.
     *
     * @param instance {@code HOST:PORT} of the instance that is asked
     */
    public Optional<String> sign(String instance, String method, String pathAndQuery) {
        return keys.map(file -> {
            var bytes = new byte[NONCE_BYTES];
            random.nextBytes(bytes);
            String head = clock.millis() + ":" + HexFormat.of().formatHex(bytes);
            return head + ":" + hmac(file.get().getFirst(), message(head, instance, method, pathAndQuery));
        });
    }

    /**
     * Whether a request was signed by an instance of this fleet, lately, for this instance, and for the first time.
     *
     * @param instance {@code HOST:PORT} of this instance
     */
    boolean isSigned(String signature, String instance, String method, String pathAndQuery) {
        Matcher matcher = SIGNATURE.matcher(signature);
        if (!matcher.matches()) {
            return false;
        }
        long at = Long.parseLong(matcher.group(1));
        String head = matcher.group(1) + ":" + matcher.group(2);
        return Math.abs(clock.millis() - at) <= CLOCKS_APART.toMillis()
                && isOfFleet(message(head, instance, method, pathAndQuery), matcher.group(3))
                && isFirst(head);
    }

    /** Begins with a digit, as no encoded report and no answer does: the one is never taken for the other. */
    private static byte[] message(String head, String instance, String method, String pathAndQuery) {
        return String.join("\n", head, instance, method, pathAndQuery).getBytes(StandardCharsets.UTF_8);
    }

    private boolean isFirst(String head) {
        synchronized (used) {
            return used.put(head, true) == null;
        }
    }

    /** Signs a report or an answer. */
    @Override
    public Optional<String> sign(byte[] message) {
        return keys.map(file -> hmac(file.get().getFirst(), message));
    }

    /** Without a secret, every report and every answer counts. */
    @Override
    public boolean isSigned(byte[] message, Optional<String> signature) {
        return keys.isEmpty()
                || signature.filter(mac -> isOfFleet(message, mac)).isPresent();
    }

    private boolean isOfFleet(byte[] message, String mac) {
        byte[] given = mac.getBytes(StandardCharsets.US_ASCII);
        return keys.stream()
                .flatMap(file -> file.get().stream())
                .anyMatch(key -> MessageDigest.isEqual(hmac(key, message).getBytes(StandardCharsets.US_ASCII), given));
    }

    private static String hmac(SecretKeySpec key, byte[] message) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return HexFormat.of().formatHex(mac.doFinal(message));
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("Every JDK has " + ALGORITHM, e);
        }
    }
}
