package dev.kappa.app.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kappa.app.config.ConfigurationException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FleetSecretTest {

    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final String PATH = "/internal/partitions?sha256=abc";

    @TempDir
    Path directory = Path.of("");

    private FleetSecret instance(String secret, Instant now) throws Exception {
        Path file = Files.createTempFile(directory, "secret", "");
        return new FleetSecret(Optional.of(Files.writeString(file, secret)), InstantSource.fixed(now));
    }

    @Test
    void instancesOfAFleetKnowEachOther() throws Exception {
        String signature = instance("s".repeat(32), NOW).sign("POST", PATH).orElseThrow();
        FleetSecret other = instance("s".repeat(32) + "\n", NOW.plusSeconds(60));
        assertThat(other.isSigned(signature, "POST", PATH)).isTrue();
    }

    @Test
    void signatureIsOfOneRequestOneSecretAndOneMinute() throws Exception {
        String signature = instance("s".repeat(32), NOW).sign("POST", PATH).orElseThrow();
        FleetSecret other = instance("s".repeat(32), NOW);
        assertThat(other.isSigned(signature, "GET", PATH)).isFalse();
        assertThat(other.isSigned(signature, "POST", PATH + "d")).isFalse();
        assertThat(instance("t".repeat(32), NOW).isSigned(signature, "POST", PATH))
                .isFalse();
        for (Duration apart : new Duration[] {Duration.ofMillis(60_001), Duration.ofMillis(-60_001)}) {
            assertThat(instance("s".repeat(32), NOW.plus(apart)).isSigned(signature, "POST", PATH))
                    .as("after " + apart)
                    .isFalse();
        }
    }

    @Test
    void timeOfASignatureCannotBeChanged() throws Exception {
        FleetSecret fleet = instance("s".repeat(32), NOW);
        String signature = fleet.sign("POST", PATH).orElseThrow();
        String mac = signature.substring(signature.indexOf(':'));
        assertThat(fleet.isSigned(NOW.plusSeconds(1).toEpochMilli() + mac, "POST", PATH))
                .isFalse();
        for (String garbage : new String[] {"", ":", "1:", "x" + signature, signature + "0", "9".repeat(30) + mac}) {
            assertThat(fleet.isSigned(garbage, "POST", PATH)).as(garbage).isFalse();
        }
    }

    @Test
    void withoutSecretNothingIsSigned() {
        FleetSecret none = new FleetSecret(Optional.empty(), InstantSource.fixed(NOW));
        assertThat(none.sign("POST", PATH)).isEmpty();
        assertThat(none.isSigned(NOW.toEpochMilli() + ":" + "0".repeat(64), "POST", PATH))
                .isFalse();
    }

    @Test
    void shortSecretIsRefused() {
        assertThatThrownBy(() -> instance("s".repeat(31), NOW))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("32 characters at least; it has 31");
    }
}
