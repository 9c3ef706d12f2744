package dev.kappa.app.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kappa.app.config.ConfigurationException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenFileTest {

    @TempDir
    Path directory = Path.of("");

    private TokenFile file(String text) throws Exception {
        return new TokenFile(Files.writeString(directory.resolve("tokens"), text));
    }

    @Test
    void aTokenIsKnownByItsSum() throws Exception {
        TokenFile tokens = file("# name sum roles\n\nann " + TokenFile.sha256("secret") + " reader:a,operator:b\n");
        Caller ann = tokens.authenticate("secret").orElseThrow();
        assertThat(ann.name()).isEqualTo("ann");
        assertThat(ann.may(Role.READER, "a")).isTrue();
        assertThat(ann.may(Role.OPERATOR, "a")).isFalse();
        assertThat(ann.may(Role.READER, "b")).as("an operator may read").isTrue();
        assertThat(ann.may(Role.ADMIN, "b")).isFalse();
        assertThat(ann.may(Role.READER, "c")).isFalse();
        assertThat(tokens.authenticate("Secret")).isEmpty();
        assertThat(tokens.authenticate(TokenFile.sha256("secret"))).isEmpty();
    }

    @Test
    void aTokenWithTwoLinesIsRefused() {
        String sum = TokenFile.sha256("secret");
        assertThatThrownBy(() -> file("ann " + sum + " admin\nbob " + sum.toUpperCase(Locale.ROOT) + " reader\n"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("line 2: it repeats line 1");
    }

    @Test
    void aCallerMayHaveSeveralTokens() throws Exception {
        TokenFile tokens =
                file("ann " + TokenFile.sha256("old") + " reader\nann " + TokenFile.sha256("new") + " reader\n");
        assertThat(tokens.authenticate("old"))
                .isEqualTo(tokens.authenticate("new"))
                .isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ann secret reader", "ann", "ann %s", "ann %s writer", "ann %s reader,"})
    void aLineThatIsWrongIsNamed(String line) {
        assertThatThrownBy(() -> file("# first\n" + line.formatted("0".repeat(64))))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("tokens")
                .hasMessageContaining("line 2");
    }
}
