package dev.kappa.reprocessing.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;

class KafkaSettingsTest {

    private static final Duration WAIT = Duration.ofSeconds(15);

    @Test
    void timeoutsThatAreGivenAreKept() {
        assertThat(KafkaSettings.bounded(Map.of(), WAIT))
                .containsEntry("request.timeout.ms", "15000")
                .containsEntry("default.api.timeout.ms", "15000");
        assertThat(KafkaSettings.bounded(Map.of("default.api.timeout.ms", "60000"), WAIT))
                .containsEntry("request.timeout.ms", "15000")
                .containsEntry("default.api.timeout.ms", "60000");
    }

    /** Kafka would refuse to make the client. */
    @Test
    void aCallMayTakeAsLongAsOneRequest() {
        Map<String, Object> longer = KafkaSettings.bounded(
                // Nothing listens there.
                Map.of("bootstrap.servers", "127.0.0.1:1", "request.timeout.ms", "30000"), WAIT);
        assertThat(longer).containsEntry("default.api.timeout.ms", "30000");
        new KafkaSettings(longer).admin().close(Duration.ZERO);
    }

    @Test
    void aTimeoutThatIsNoNumberIsNamed() {
        assertThatThrownBy(() -> KafkaSettings.bounded(Map.of("request.timeout.ms", "soon"), WAIT))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("request.timeout.ms");
    }
}
