package dev.kappa.avro;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedactionTest {

    private static final String SECRET = "s3cr3t";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://app:s3cr3t@registry:8081",
                "the schema registry at https://s3cr3t@registry/path does not answer",
                "http://a:s3cr3t@one:8081,http://b:s3cr3t@two:8081",
                "http://a:s3cr3t@one:8081, http://b:s3cr3t@two:8081",
                "http://a:p@s3cr3t/x@one",
                "--schema-registry http://a:s3cr3t@[broken",
                "basic.auth.user.info=app:s3cr3t",
                "sasl.jaas.config=org.apache.Module required username=\"a\" password=\"s3cr3t\";",
                "ssl.key.password = s3cr3t",
                "bearer.auth.token: s3cr3t",
                "--set client-secret=s3cr3t",
                "SASL_PASSWORD=s3cr3t",
                "KAPPA_KAFKA_BASIC_AUTH_USER_INFO=app:s3cr3t",
                "ssl.key.password=*s3cr3t",
                "{\"password\": \"s3cr3t\"}",
                "ssl.keystore.key=-----BEGIN\ns3cr3t",
            })
    void secretsAreHidden(String text) {
        assertThat(Redaction.of(text)).doesNotContain(SECRET).contains("***");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "app:s3cr3t@registry:8081",
                "http:/app:s3cr3t@registry",
                "http://app:s3cr3t@[broken",
                "http://a:s3cr3t@one,http:/b:s3cr3t@two"
            })
    void addressesThatAreNoneShowNoPassword(String text) {
        assertThat(Redaction.ofAddress(text)).doesNotContain(SECRET).contains("***@");
    }

    @Test
    void argumentsAreHiddenOneByOne() {
        assertThat(Redaction.ofArguments(List.of(
                        "replay",
                        "start",
                        "--set",
                        "token-count=5",
                        "--schema-registry",
                        "http://a:s3cr3t@registry",
                        "--password",
                        "s3cr3t",
                        "--token-file",
                        "token",
                        "--from",
                        "earliest")))
                .isEqualTo(
                        "replay start --set token-count=*** --schema-registry http://***@registry --password *** --token-file token --from earliest");
    }

    @Test
    void whatIsNoSecretStays() {
        for (String text : new String[] {
            "replay start hashtag-trends --set window=PT10M --bootstrap-server broker:9092",
            "the schema registry at http://registry:8081/apis/ccompat/v7",
            "--token-file=/etc/kappa/token",
            "ssl.truststore.location=/etc/kappa/ca.pem",
            "oauth.token.endpoint.url=https://idp/token",
            "a post by @someone: http://example.org/x"
        }) {
            assertThat(Redaction.of(text)).isEqualTo(text);
        }
        assertThat(Redaction.of("http://a:b@one:1,http://c:d@two:2")).isEqualTo("http://***@one:1,http://***@two:2");
    }
}
