package dev.kappa.reprocessing.publish;

import dev.kappa.avro.SchemaRegistry;
import dev.kappa.avro.WireFormat;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes records of one topic records of another: the schema is registered under the other topic's subject, and the record
 * names the id it gets there. The rest of an Avro record stays as it is; what is not Avro stays as it is altogether. Not
 * thread-safe.
 */
final class Translation {

    private final SchemaRegistry registry;
    private final String subject;
    private final boolean avro;
    private final Map<Integer, Integer> ids = new HashMap<>();

    Translation(SchemaRegistry registry, String subject, boolean avro) {
        this.avro = avro;
        this.registry = registry;
        this.subject = subject;
    }

    byte @Nullable [] translateOrNull(byte @Nullable [] bytes) {
        return bytes == null ? null : translate(bytes);
    }

    byte[] translate(byte[] bytes) {
        if (!avro) {
            return bytes;
        }
        return WireFormat.withSchemaId(
                bytes,
                ids.computeIfAbsent(
                        WireFormat.schemaId(bytes), known -> registry.register(subject, registry.byId(known))));
    }
}
