package dev.kappa.app.version;

import dev.kappa.app.config.ConfigurationException;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.SchemaRegistry;
import dev.kappa.reprocessing.catalog.Schemas;
import java.util.Map;
import java.util.Set;
import org.apache.avro.Schema;

/**
 * Whether the registry has the schemas that are written with, where this client may not register them. Thread-safe.
 *
 * @param settings of the serde
 */
public record RequiredSchemas(SchemaRegistry registry, AvroSerdeConfig settings) {

    /**
     * Returns when nothing is missing, or when what is missing may be registered.
     *
     * @param needed by subject
     * @throws ConfigurationException with the subjects that are missing
     */
    public void require(Map<String, Schema> needed) {
        if (settings.autoRegister()) {
            return;
        }
        Set<String> missing = Schemas.missing(registry, needed).keySet();
        if (!missing.isEmpty()) {
            throw new ConfigurationException("The schema registry at " + registry.address()
                    + " lacks schemas that this instance writes with, and " + AvroSerdeConfig.AUTO_REGISTER
                    + "=false. Register them with kappa schemas register --config FILE, where FILE holds this instance's"
                    + " settings and names a user who may register. Missing are the subjects "
                    + String.join(", ", missing));
        }
    }
}
