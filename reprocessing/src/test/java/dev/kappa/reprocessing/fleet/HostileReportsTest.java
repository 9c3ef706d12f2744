package dev.kappa.reprocessing.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.avro.AvroDeserializer;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.AvroSerializer;
import dev.kappa.avro.InMemorySchemaRegistry;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.catalog.VersionReport;
import dev.kappa.reprocessing.RandomBytes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.apache.kafka.common.errors.SerializationException;
import org.junit.jupiter.api.Test;

/** Random reports on the topic of reports, with random times, among those of an instance: the instance stays alive. */
class HostileReportsTest {

    private static final String TOPIC = "kappa.instances";
    private static final int REPORTS = 1_000_000;

    @Test
    void randomReportsHideNoInstance() {
        var random = new Random(Long.getLong("kappa.seed", 20_241_130));
        try (var registry = new InMemorySchemaRegistry()) {
            Map<String, Object> serde = Map.of(AvroSerdeConfig.CLIENT, registry, AvroSerdeConfig.SPECIFIC_READER, true);
            var serializer = new AvroSerializer<InstanceReport>();
            serializer.configure(serde, false);
            var deserializer = new AvroDeserializer<InstanceReport>();
            deserializer.configure(serde, false);
            InstanceReport own = report("own");
            byte[] base = Objects.requireNonNull(serializer.serialize(TOPIC, report("other")));
            var clock = new BrokerClock();
            var heartbeats = new Heartbeats(clock);
            long nanos = 0;
            long now = 1_000_000_000_000L;
            int read = 0;
            for (int i = 0; i < REPORTS; i++) {
                if (i % 1_000 == 0) {
                    nanos += Duration.ofSeconds(2).toNanos();
                    now += Duration.ofSeconds(2).toMillis();
                    clock.arrived(now, nanos);
                    heartbeats.heard(own, now, nanos);
                    assertThat(heartbeats.alive(nanos)).contains(own);
                }
                byte[] value = RandomBytes.changed(base, random);
                try {
                    heartbeats.heard(
                            Objects.requireNonNull(deserializer.deserialize(TOPIC, value)),
                            now - random.nextInt(60_000),
                            nanos);
                    read++;
                } catch (SerializationException refused) {
                    // It does not count.
                }
            }
            assertThat(read).isPositive();
        }
    }

    private static InstanceReport report(String instance) {
        return InstanceReport.newBuilder()
                .setInstance(instance)
                .setAdvertised("127.0.0.1:1")
                .setPool("default")
                .setEpoch(1)
                .setStopped(false)
                .setVersions(List.<VersionReport>of())
                .build();
    }
}
