package dev.kappa.app.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kappa.app.config.ConfigurationException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FleetSecretTest {

    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final String OTHER = "kappa-1:8080";
    private static final String PATH = "/internal/partitions?sha256=abc";

    @TempDir
    Path directory = Path.of("");

    private FleetSecret instance(String secret, Instant now) throws Exception {
        Path file = Files.createTempFile(directory, "secret", "");
        return new FleetSecret(Optional.of(Files.writeString(file, secret)), InstantSource.fixed(now));
    }

    @Test
    void instancesOfAFleetKnowEachOther() throws Exception {
        String signature =
                instance("s".repeat(32), NOW).sign(OTHER, "POST", PATH).orElseThrow();
        FleetSecret other = instance("s".repeat(32) + "\n", NOW.plusSeconds(60));
        assertThat(other.isSigned(signature, OTHER, "POST", PATH)).isTrue();
    }

    @Test
    void signatureIsOfOneRequestOneInstanceOneSecretAndOneMinute() throws Exception {
        String signature =
                instance("s".repeat(32), NOW).sign(OTHER, "POST", PATH).orElseThrow();
        FleetSecret other = instance("s".repeat(32), NOW);
        assertThat(other.isSigned(signature, OTHER, "GET", PATH)).isFalse();
        assertThat(other.isSigned(signature, OTHER, "POST", PATH + "d")).isFalse();
        assertThat(other.isSigned(signature, "kappa-2:8080", "POST", PATH)).isFalse();
        assertThat(instance("t".repeat(32), NOW).isSigned(signature, OTHER, "POST", PATH))
                .isFalse();
        for (Duration apart : new Duration[] {Duration.ofMillis(60_001), Duration.ofMillis(-60_001)}) {
            assertThat(instance("s".repeat(32), NOW.plus(apart)).isSigned(signature, OTHER, "POST", PATH))
                    .as("after " + apart)
                    .isFalse();
        }
    }

    @Test
    void signatureIsGoodOnce() throws Exception {
        FleetSecret fleet = instance("s".repeat(32), NOW);
        String signature = fleet.sign(OTHER, "POST", PATH).orElseThrow();
        assertThat(fleet.isSigned(signature, OTHER, "GET", PATH)).isFalse();
        assertThat(fleet.isSigned(signature, OTHER, "POST", PATH)).isTrue();
        assertThat(fleet.isSigned(signature, OTHER, "POST", PATH)).isFalse();
        assertThat(fleet.isSigned(fleet.sign(OTHER, "POST", PATH).orElseThrow(), OTHER, "POST", PATH))
                .isTrue();
    }

    /** First every instance accepts the new secret, then every one signs with it, then the old one is taken away. */
    @Test
    void secretIsReplacedInARunningFleet() throws Exception {
        String old = "o".repeat(32);
        String young = "n".repeat(32);
        List<String> steps = List.of(old, old + "\n" + young, young + "\n" + old, young);
        for (int step = 1; step < steps.size(); step++) {
            FleetSecret behind = instance(steps.get(step - 1), NOW);
            FleetSecret ahead = instance(steps.get(step), NOW);
            assertThat(ahead.isSigned(behind.sign(OTHER, "GET", PATH).orElseThrow(), OTHER, "GET", PATH))
                    .isTrue();
            assertThat(behind.isSigned(ahead.sign(OTHER, "GET", PATH).orElseThrow(), OTHER, "GET", PATH))
                    .isTrue();
        }
    }

    @Test
    void partsOfASignatureCannotBeChanged() throws Exception {
        FleetSecret fleet = instance("s".repeat(32), NOW);
        String signature = fleet.sign(OTHER, "POST", PATH).orElseThrow();
        String[] parts = signature.split(":", -1);
        assertThat(fleet.isSigned(
                        NOW.plusSeconds(1).toEpochMilli() + ":" + parts[1] + ":" + parts[2], OTHER, "POST", PATH))
                .isFalse();
        assertThat(fleet.isSigned(parts[0] + ":" + "0".repeat(24) + ":" + parts[2], OTHER, "POST", PATH))
                .isFalse();
        for (String garbage : new String[] {
            "", ":", "::", "1:", "x" + signature, signature + "0", "9".repeat(30) + ":" + parts[1] + ":" + parts[2]
        }) {
            assertThat(fleet.isSigned(garbage, OTHER, "POST", PATH)).as(garbage).isFalse();
        }
    }

    @Test
    void reportsOfTheFleetCount() throws Exception {
        byte[] report = {1, 2, 3};
        FleetSecret fleet = instance("s".repeat(32), NOW);
        Optional<String> signature = fleet.sign(report);
        assertThat(fleet.isSigned(report, signature)).isTrue();
        assertThat(instance("n".repeat(32) + "\n" + "s".repeat(32), NOW).isSigned(report, signature))
                .isTrue();
        assertThat(fleet.isSigned(new byte[] {1, 2, 4}, signature)).isFalse();
        assertThat(fleet.isSigned(report, Optional.empty())).isFalse();
        assertThat(instance("t".repeat(32), NOW).isSigned(report, signature)).isFalse();
        assertThat(new FleetSecret(Optional.empty(), InstantSource.fixed(NOW)).isSigned(report, Optional.empty()))
                .isTrue();
    }

    @Test
    void withoutSecretNothingIsSigned() {
        FleetSecret none = new FleetSecret(Optional.empty(), InstantSource.fixed(NOW));
        assertThat(none.sign(OTHER, "POST", PATH)).isEmpty();
        assertThat(none.isSigned(NOW.toEpochMilli() + ":" + "0".repeat(24) + ":" + "0".repeat(64), OTHER, "POST", PATH))
                .isFalse();
    }

    @Test
    void secretsOfAnotherFormAreRefused() {
        assertThatThrownBy(() -> instance("s".repeat(31), NOW))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("32 characters at least; it has 31");
        for (String text : new String[] {"", "\n", ("s".repeat(32) + "\n").repeat(3)}) {
            assertThatThrownBy(() -> instance(text, NOW))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("kappa.security.fleet-secret-file");
        }
    }
}
