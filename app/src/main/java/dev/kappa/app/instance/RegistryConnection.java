package dev.kappa.app.instance;

import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.HttpSchemaRegistry;
import dev.kappa.avro.SchemaRegistry;
import dev.kappa.avro.SchemaRegistryException;
import dev.kappa.avro.SchemaRegistryUnavailableException;
import dev.kappa.reprocessing.background.Backoff;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Waits for the schema registry at the start. */
final class RegistryConnection {

    private static final Logger log = LoggerFactory.getLogger(RegistryConnection.class);
    private static final Duration FIRST_WAIT = Duration.ofMillis(250);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(2);
    private static final Duration LOG_AFTER = Duration.ofSeconds(5);
    private static final Duration LOG_EVERY = Duration.ofSeconds(30);

    private RegistryConnection() {}

    /**
     * Returns when the registry answers, however long that takes. A registry that refuses may be one whose users are not there
     * yet, or whose proxy answers for it; it is waited for, too.
     *
     * @throws ConfigException when the settings are wrong
     */
    static void await(Map<String, String> settings) throws InterruptedException {
        var once = new HashMap<String, Object>(settings);
        once.put(AvroSerdeConfig.MAX_RETRIES, 0);
        try (SchemaRegistry registry = new HttpSchemaRegistry(AvroSerdeConfig.from(once))) {
            long begun = System.nanoTime();
            var backoff = new Backoff(FIRST_WAIT, LONGEST_WAIT);
            Duration sayAt = LOG_AFTER;
            while (true) {
                try {
                    registry.latest("kappa-start-probe");
                    return;
                } catch (SchemaRegistryException | SchemaRegistryUnavailableException e) {
                    if (e instanceof SchemaRegistryException refused) {
                        if (refused.isNotFound()) {
                            if (sayAt.compareTo(LOG_AFTER) > 0) {
                                log.info("Schema registry answers: registry={}", registry.address());
                            }
                            return;
                        }
                    }
                    Duration waited = Duration.ofNanos(System.nanoTime() - begun);
                    if (waited.compareTo(sayAt) >= 0) {
                        sayAt = waited.plus(LOG_EVERY);
                        log.warn(
                                "Waiting for the schema registry: registry={} seconds={} failure=\"{}\"",
                                registry.address(),
                                waited.toSeconds(),
                                String.valueOf(e.getCause() == null ? e.getMessage() : e.getCause()));
                    }
                    backoff.pause();
                }
            }
        }
    }
}
