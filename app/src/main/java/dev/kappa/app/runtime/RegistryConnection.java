package dev.kappa.app.runtime;

import dev.kappa.app.config.ConfigurationException;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.HttpSchemaRegistry;
import dev.kappa.avro.SchemaRegistry;
import dev.kappa.avro.SchemaRegistryException;
import dev.kappa.avro.SchemaRegistryUnavailableException;
import dev.kappa.reprocessing.catalog.Schemas;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.kafka.common.config.ConfigException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The way to the schema registry. */
final class RegistryConnection {

    private static final Logger log = LoggerFactory.getLogger(RegistryConnection.class);
    private static final Duration PAUSE = Duration.ofMillis(250);
    private static final Duration SAY_AFTER = Duration.ofSeconds(5);
    private static final Duration SAY_EVERY = Duration.ofSeconds(30);

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
            Duration sayAt = SAY_AFTER;
            while (true) {
                try {
                    registry.latest("kappa-start-probe");
                    return;
                } catch (SchemaRegistryException | SchemaRegistryUnavailableException e) {
                    if (e instanceof SchemaRegistryException refused) {
                        if (refused.isNotFound()) {
                            if (sayAt.compareTo(SAY_AFTER) > 0) {
                                log.info("Schema registry answers: registry={}", registry.address());
                            }
                            return;
                        }
                    }
                    Duration waited = Duration.ofNanos(System.nanoTime() - begun);
                    if (waited.compareTo(sayAt) >= 0) {
                        sayAt = waited.plus(SAY_EVERY);
                        log.warn(
                                "Waiting for the schema registry: registry={} seconds={} failure=\"{}\"",
                                registry.address(),
                                waited.toSeconds(),
                                String.valueOf(e.getCause() == null ? e.getMessage() : e.getCause()));
                    }
                    Thread.sleep(PAUSE);
                }
            }
        }
    }

    /**
     * Refuses the start when a schema that is needed is missing and this client may not register it.
     *
     * @throws ConfigurationException with the subjects that are missing
     */
    static void requireRegistered(SchemaRegistry registry, AvroSerdeConfig settings, Map<String, Schema> needed) {
        if (settings.autoRegister()) {
            return;
        }
        Set<String> missing = Schemas.missing(registry, needed).keySet();
        if (!missing.isEmpty()) {
            throw new ConfigurationException("The schema registry at " + registry.address()
                    + " lacks schemas that are written with, and " + AvroSerdeConfig.AUTO_REGISTER
                    + "=false. Register them with"
                    + " kappa schemas register, as a user who may. Missing are the subjects "
                    + String.join(", ", missing));
        }
    }
}
