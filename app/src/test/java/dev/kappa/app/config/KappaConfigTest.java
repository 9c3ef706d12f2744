package dev.kappa.app.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micronaut.context.ApplicationContext;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class KappaConfigTest {

    private static final Map<String, String> REQUIRED =
            Map.of("kafka.bootstrap.servers", "127.0.0.1:9092", "kafka.schema.registry.url", "http://127.0.0.1:8081");

    @Test
    void defaultsNeedOnlyTheAddresses() {
        KappaConfig config = KappaConfig.of(REQUIRED);
        assertThat(config.prefix()).isEmpty();
        assertThat(config.rocksDbMemory()).isEqualTo(256L << 20);
        assertThat(config.topics().createInputs()).isFalse();
        assertThat(config.samples()).isFalse();
    }

    @Test
    void missingAddressIsNamedWithItsOption() {
        assertThatThrownBy(() -> KappaConfig.of(Map.of("kafka.schema.registry.url", "http://a")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("kappa.kafka.bootstrap.servers")
                .hasMessageContaining("--bootstrap-server");
    }

    @Test
    void settingThatWasRenamedIsRefusedWithItsName() {
        assertThatThrownBy(() -> with("standbys", "2"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("kappa.standbys")
                .hasMessageContaining("use kappa.standby-replicas (KAPPA_STANDBY_REPLICAS)");
        assertThat(KappaConfig.keyOfVariable("KAPPA_ROLE")).contains("role");
    }

    @Test
    void unknownSettingStopsTheStartAndSuggestsTheRightOne() {
        assertThatThrownBy(() -> with("topics.partition", "3"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("kappa.topics.partition;")
                .hasMessageContaining("kappa.topics.partitions?");
    }

    @Test
    void wrongValuesAreNamedWithWhatIsExpected() {
        assertWrong("stream-threads", "0", "between 1 and 64");
        assertWrong("stream-threads", "two", "between 1 and 64");
        assertWrong("rocksdb-memory", "lots", "256MB");
        assertWrong("advertised.address", "here", "HOST:PORT");
        assertWrong("topics.create-inputs", "yes", "true or false");
        assertWrong("views.hashtag-trends", "PT1H", "kappa.views.VIEW.PARAMETER");
    }

    /** Each would otherwise fail every version again and again, or be ignored. */
    @Test
    void settingsOfKafkaThatVersionsCannotRunWithStopTheStart() {
        assertWrong("kafka.commit.interval.ms", "100ms", "commit.interval.ms");
        assertWrong("kafka.producer.linger.ms", "soon", "linger.ms");
        assertWrong("kafka.isolation.level", "read_everything", "isolation.level");
        assertWrong("kafka.group.protocol", "streams", "classic group protocol only");
        assertWrong("kafka.main.consumer.group.protocol", "consumer", "classic group protocol only");
        assertWrong("kafka.max.task.idle.ms", "-1", "Set it to 0 or more");
        assertThat(with("kafka.max.task.idle.ms", "10").kafka()).containsEntry("max.task.idle.ms", "10");
        assertThat(with("kafka.commit.interval.ms", "100").kafka()).containsEntry("commit.interval.ms", "100");
        assertThat(with("kafka.request.timeout.ms", "20000").kafka())
                .containsEntry("request.timeout.ms", "20000")
                .doesNotContainKey("main.consumer.request.timeout.ms");
        assertWrong("topics.max-message-bytes", "1KB", "between 64KB and 1GB");
        assertThat(with("topics.max-message-bytes", "8MB").topics().maxMessageBytes())
                .isEqualTo(8 << 20);
    }

    @Test
    void sizesHaveUnits() {
        assertThat(with("rocksdb-memory", "1GB").rocksDbMemory()).isEqualTo(1L << 30);
        assertThat(with("rocksdb-memory", "1000").rocksDbMemory()).isEqualTo(1000);
    }

    @Test
    void viewParametersAndKafkaSettingsArePassedOn() {
        KappaConfig config = with("views.hashtag-trends.window", "PT10M");
        assertThat(config.views()).isEqualTo(Map.of("hashtag-trends", Map.of("window", "PT10M")));
        assertThat(with("kafka.security.protocol", "SSL").kafka()).containsEntry("security.protocol", "SSL");
    }

    @Test
    void environmentVariablesStandForSettings() {
        assertThat(KappaConfig.keyOfVariable("KAPPA_STATE_DIR")).isEqualTo(Optional.of("state-dir"));
        assertThat(KappaConfig.keyOfVariable("KAPPA_TOPICS_CREATE_INPUTS"))
                .isEqualTo(Optional.of("topics.create-inputs"));
        assertThat(KappaConfig.keyOfVariable("KAPPA_KAFKA_SASL_MECHANISM"))
                .isEqualTo(Optional.of("kafka.sasl.mechanism"));
        assertThat(KappaConfig.keyOfVariable("KAPPA_LOG_FORMAT")).isEmpty();
        assertThat(KappaConfig.keyOfVariable("PATH")).isEmpty();
    }

    private static void assertWrong(String key, String value, String expected) {
        assertThatThrownBy(() -> with(key, value))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("kappa." + key)
                .hasMessageContaining(expected);
    }

    private static KappaConfig with(String key, String value) {
        var settings = new HashMap<>(REQUIRED);
        settings.put(key, value);
        return KappaConfig.of(settings);
    }

    @Test
    void listeningForOthersIsRefusedUnlessItIsStatedWhoMayDoWhat() {
        assertThat(started(Map.of("micronaut.server.host", "127.0.0.1"))
                        .security()
                        .mode())
                .isEqualTo(KappaConfig.Mode.OPEN);
        assertThat(started(Map.of("micronaut.server.host", "0.0.0.0", "kappa.security.mode", "none"))
                        .security()
                        .stated())
                .isTrue();
        assertThatThrownBy(() -> started(Map.of("micronaut.server.host", "0.0.0.0")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("0.0.0.0")
                .hasMessageContaining("kappa.security.mode");
        assertThatThrownBy(() -> started(Map.of("micronaut.server.host", "")))
                .as("the server would listen everywhere")
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("all addresses");
    }

    @Test
    void tokensAreNotSentUnencryptedUnlessItIsStatedThatTheyAreEncryptedElsewhere() {
        var tokens = Map.<String, Object>of(
                "kappa.security.mode", "tokens",
                "kappa.security.tokens-file", "tokens",
                "kappa.security.fleet-secret-file", "secret");
        started(tokens);
        var elsewhere = new HashMap<>(tokens);
        elsewhere.put("micronaut.server.host", "0.0.0.0");
        assertThatThrownBy(() -> started(elsewhere))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("0.0.0.0")
                .hasMessageContaining("kappa.tls.certificate-file")
                .hasMessageContaining("kappa.tls.terminated");
        elsewhere.put("kappa.tls.terminated", "true");
        started(elsewhere);
    }

    @Test
    void aModeNamesTheSettingsItLacks() {
        assertThatThrownBy(() -> started(Map.of("kappa.security.mode", "tokens")))
                .hasMessageContaining("kappa.security.fleet-secret-file");
        assertThatThrownBy(() ->
                        started(Map.of("kappa.security.mode", "jwt", "kappa.security.fleet-secret-file", "secret")))
                .hasMessageContaining("kappa.security.jwt.keys");
        assertThatThrownBy(() -> started(Map.of("kappa.security.mode", "on")))
                .hasMessageContaining("none, tokens, jwt or mtls");
    }

    /** The settings as the app would have them. */
    private static KappaConfig started(Map<String, Object> properties) {
        var all = new HashMap<String, Object>(properties);
        REQUIRED.forEach((key, value) -> all.put("kappa." + key, value));
        try (ApplicationContext context =
                ApplicationContext.builder().banner(false).properties(all).build()) {
            context.getEnvironment().start();
            return ConfigFactory.read(context.getEnvironment());
        }
    }
}
