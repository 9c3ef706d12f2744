package dev.kappa.app.runtime;

import dev.kappa.avro.SchemaRegistry;
import dev.kappa.avro.SchemaRegistryException;
import dev.kappa.avro.SchemaRegistryUnavailableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The way to the schema registry. */
final class RegistryConnection {

    private static final Logger log = LoggerFactory.getLogger(RegistryConnection.class);

    private RegistryConnection() {}

    /** Returns when the registry answers, however long that takes; the client itself pauses between attempts. */
    static void await(SchemaRegistry registry) {
        for (boolean waited = false; ; waited = true) {
            try {
                registry.latest("kappa-start-probe");
                return;
            } catch (SchemaRegistryException answered) {
                if (waited) {
                    log.info("Schema registry answers: registry={}", registry.address());
                }
                return;
            } catch (SchemaRegistryUnavailableException e) {
                log.warn("Waiting for the schema registry: {}", e.getMessage());
            }
        }
    }
}
