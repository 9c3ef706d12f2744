package dev.kappa.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;

class AvroSerdeConfigTest {

    @Test
    void defaultsAreThoseOfConfluentsSerde() {
        AvroSerdeConfig config = AvroSerdeConfig.from(Map.of(AvroSerdeConfig.URL, "http://a:1,http://b:2"));
        assertThat(config.urls()).hasSize(2);
        assertThat(config.autoRegister()).isTrue();
        assertThat(config.useLatest()).isFalse();
        assertThat(config.specificReader()).isFalse();
    }

    @Test
    void missingAddressIsNamed() {
        assertThatThrownBy(() -> AvroSerdeConfig.from(Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("schema.registry.url");
    }

    @Test
    void wrongValuesAreNamed() {
        assertWrong(Map.of(AvroSerdeConfig.URL, "registry:8081"), "schema.registry.url");
        assertWrong(
                Map.of(AvroSerdeConfig.URL, "http://a", AvroSerdeConfig.AUTO_REGISTER, "yes"), "auto.register.schemas");
        assertWrong(Map.of(AvroSerdeConfig.URL, "http://a", AvroSerdeConfig.MAX_RETRIES, "-1"), "max.retries");
        assertWrong(
                Map.of(AvroSerdeConfig.URL, "http://a", AvroSerdeConfig.BASIC_AUTH_SOURCE, "USER_INFO"),
                "basic.auth.user.info");
        assertWrong(
                Map.of(
                        AvroSerdeConfig.URL, "http://a",
                        AvroSerdeConfig.USE_LATEST, "true",
                        AvroSerdeConfig.AUTO_REGISTER, "true"),
                "use.latest.version");
    }

    private static void assertWrong(Map<String, String> settings, String key) {
        assertThatThrownBy(() -> AvroSerdeConfig.from(settings))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(key);
    }

    @Test
    void credentialsAreReadInEveryWayThatConfluentsClientHas() {
        assertThat(config("basic.auth.credentials.source", "USER_INFO", "schema.registry.basic.auth.user.info", "a:b")
                        .credentials())
                .isEqualTo(new RegistryCredentials.Basic("a:b"));
        assertThat(config(
                                "basic.auth.credentials.source",
                                "SASL_INHERIT",
                                "sasl.jaas.config",
                                "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"p\";")
                        .credentials())
                .isEqualTo(new RegistryCredentials.Basic("u:p"));
        assertThat(config("bearer.auth.credentials.source", "STATIC_TOKEN", "bearer.auth.token", "t")
                        .credentials())
                .isEqualTo(new RegistryCredentials.Token("t"));
        assertThat(config("bearer.auth.logical.cluster", "lsrc-1").requestHeaders())
                .containsEntry("target-sr-cluster", "lsrc-1");
        assertThat(new RegistryCredentials.Basic("a:secret")).asString().doesNotContain("secret");
        assertThat(new RegistryCredentials.Token("secret")).asString().doesNotContain("secret");
    }

    @Test
    void settingsThatWouldHaveToBeIgnoredAreRefusedByName() {
        for (String[] setting : new String[][] {
            {"bearer.auth.credentials.source", "CUSTOM"},
            {"basic.auth.credentials.source", "SASL_INHERIT"},
            {"bearer.auth.credentials.source", "STATIC_TOKEN"},
            {"schema.registry.ssl.cipher.suites", "X"},
            {"schema.registry.proxies", "p"},
            {"schema.registry.ssl.endpoint.identification.algorithm", "LDAPS"},
        }) {
            assertThatThrownBy(() -> config(setting))
                    .as(setting[0])
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining(setting[0].replace("STATIC", ""));
        }
        var serializer = new AvroSerializer<Object>();
        for (String[] setting : new String[][] {
            {"value.subject.name.strategy", "io.confluent.kafka.serializers.subject.RecordNameStrategy"},
            {"normalize.schemas", "true"},
            {"rule.executors", "encrypt"},
            {"use.schema.id", "7"},
            {"proxy.host", "proxy"},
        }) {
            assertThatThrownBy(() -> serializer.configure(
                            Map.of(AvroSerdeConfig.URL, "http://registry:8081", setting[0], setting[1]), false))
                    .as(setting[0])
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining(setting[0]);
        }
        serializer.configure(
                Map.of(
                        AvroSerdeConfig.URL,
                        "http://registry:8081",
                        "value.subject.name.strategy",
                        "io.confluent.kafka.serializers.subject.TopicNameStrategy",
                        "normalize.schemas",
                        "false"),
                false);
        serializer.close();
    }

    private static AvroSerdeConfig config(String... settings) {
        var all = new HashMap<String, Object>(Map.of(AvroSerdeConfig.URL, "http://registry:8081"));
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        return AvroSerdeConfig.from(all);
    }
}
