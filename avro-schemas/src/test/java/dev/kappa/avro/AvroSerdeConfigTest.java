package dev.kappa.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
}
