package dev.kappa.topologies.eventtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.kappa.avro.AvroSerde;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.AvroSerializer;
import dev.kappa.avro.InMemorySchemaRegistry;
import dev.kappa.events.AdEvent;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.input.InputObserver;
import dev.kappa.topologies.serde.ConfiguredSerdes;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class InputScanTest {

    private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");
    private static final Input<AdEvent> AD_EVENTS = Input.stream("ad-events", AdEvent.class);
    private static final Map<String, ?> CONFIGS =
            Map.of(AvroSerdeConfig.URL, "http://in-memory", AvroSerdeConfig.CLIENT, new InMemorySchemaRegistry());

    @ParameterizedTest
    @CsvSource({
        "view, banner, true",
        "view, modal, false",
        "click, banner, false",
        "click, modal, false",
        "views, banner, false",
        "view, '', false"
    })
    void ofSeveralFieldsAllHaveToSayWhatIsWanted(String eventType, String adType, boolean needed) {
        assertThat(look(AD_EVENTS.only("eventType", "view").only("adType", "banner"), event(eventType, adType)))
                .isEqualTo(new InputScan.Found(AT.toEpochMilli(), needed));
    }

    @Test
    void withoutConditionsEachIsNeeded() {
        assertThat(look(AD_EVENTS, event("click", "modal"))).isEqualTo(new InputScan.Found(AT.toEpochMilli(), true));
    }

    @Test
    void fieldCannotSayTwoThings() {
        Input<AdEvent> views = AD_EVENTS.only("eventType", "view");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> views.only("eventType", "click"))
                .withMessage("Input ad-events: eventType is to have two values at once");
    }

    private static InputScan.Found look(Input<AdEvent> input, AdEvent event) {
        try (var serializer = new AvroSerializer<AdEvent>()) {
            serializer.configure(CONFIGS, false);
            byte[] key = event.getAdId().getBytes(StandardCharsets.UTF_8);
            byte[] value = Objects.requireNonNull(serializer.serialize("ad-events", event));
            return new InputScan(input, new ConfiguredSerdes(AvroSerde.class, CONFIGS), InputObserver.NONE)
                    .look(new ConsumerRecord<>(
                            "ad-events",
                            0,
                            0,
                            AT.toEpochMilli(),
                            TimestampType.CREATE_TIME,
                            key.length,
                            value.length,
                            key,
                            value,
                            new RecordHeaders(),
                            Optional.empty()));
        }
    }

    private static AdEvent event(String eventType, String adType) {
        return new AdEvent("user", "page", "ad-000042", adType, eventType, AT);
    }
}
