package dev.kappa.app.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.kappa.app.config.ConfigurationException;
import dev.kappa.app.config.KappaConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonWebTokensTest {

    private static final String ISSUER = "https://issuer.test";

    @TempDir
    Path directory = Path.of("");

    private static JsonWebTokens tokens(String keys) {
        return new JsonWebTokens(new KappaConfig.Jwt(keys, ISSUER, "kappa", "roles", "kappa:", Duration.ofHours(1)));
    }

    private static ECKey newKey() throws JOSEException {
        return new ECKeyGenerator(Curve.P_256)
                .keyID(UUID.randomUUID().toString())
                .generate();
    }

    private Path keySet(ECKey key) throws Exception {
        return Files.writeString(
                directory.resolve("keys.json"), new JWKSet(key).toPublicJWKSet().toString());
    }

    private static String signed(ECKey key, JWTClaimsSet.Builder claims) throws JOSEException {
        var token = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.ES256).keyID(key.getKeyID()).build(), claims.build());
        token.sign(new ECDSASigner(key));
        return token.serialize();
    }

    private static JWTClaimsSet.Builder claims() {
        return new JWTClaimsSet.Builder()
                .subject("ann")
                .issuer(ISSUER)
                .audience("kappa")
                .expirationTime(Date.from(Instant.now().plusSeconds(600)))
                .claim("roles", List.of("kappa:reader", "admin"));
    }

    @Test
    void rolesOfTheIssuerAreNotKappas() throws Exception {
        ECKey key = newKey();
        Caller ann = tokens(keySet(key).toString())
                .authenticate(signed(key, claims()))
                .orElseThrow();
        assertThat(ann.mayWithAllViews(Role.READER)).isTrue();
        assertThat(ann.may(Role.OPERATOR)).isFalse();
    }

    @Test
    void idTokensAreNoAccessTokens() throws Exception {
        ECKey key = newKey();
        JsonWebTokens tokens = tokens(keySet(key).toString());
        for (JWTClaimsSet.Builder claims : List.of(
                claims().claim("typ", "ID"),
                claims().claim("token_use", "id"),
                claims().claim("nonce", "n"),
                claims().claim("at_hash", "h"),
                claims().claim("c_hash", "h").claim("typ", "Bearer"))) {
            assertThat(tokens.authenticate(signed(key, claims)))
                    .as("%s", claims.getClaims())
                    .isEmpty();
        }
        assertThat(tokens.authenticate(
                        signed(key, claims().claim("typ", "Bearer").claim("nonce", "n"))))
                .isPresent();
    }

    @Test
    void keysThatAreReplacedInTheFileCount() throws Exception {
        ECKey old = newKey();
        ECKey young = newKey();
        Path file = keySet(old);
        JsonWebTokens tokens = tokens(file.toString());
        assertThat(tokens.authenticate(signed(young, claims()))).isEmpty();
        keySet(young);
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(5)));
        String token = signed(young, claims());
        await().until(() -> tokens.authenticate(token).isPresent());
        assertThat(tokens.authenticate(signed(old, claims()))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://10.1.2.3/keys", "http://0.0.0.0/keys"})
    void keysAreNotFetchedUnencrypted(String address) {
        assertThatThrownBy(() -> tokens(address))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(address)
                .hasMessageContaining("https");
    }

    @Test
    void keysMayComeFromThisHostOrEncrypted() {
        tokens("http://127.0.0.1:1/keys");
        tokens("https://issuer.test/keys");
    }

    @Test
    void fileThatIsNoKeySetIsNamed() throws Exception {
        Path file = Files.writeString(directory.resolve("keys.json"), "[]");
        assertThatThrownBy(() -> tokens(file.toString()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("kappa.security.jwt.keys")
                .hasMessageContaining("keys.json");
    }
}
