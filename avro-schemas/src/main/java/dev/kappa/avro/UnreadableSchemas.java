package dev.kappa.avro;

import dev.kappa.avro.WireFormat.SchemaReference;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The schemas that the registry did not have, or that could not be parsed, a moment ago. A producer that names one in every record does not
 * cost a request for each. Thread-safe.
 */
final class UnreadableSchemas {

    /** Short: a schema may come to this replica of the registry a moment after the first record that names it. */
    static final Duration LIFETIME = Duration.ofSeconds(1);

    private static final int MAX_SCHEMAS = 10_000;

    private record Finding(String reason, long nanos) {}

    private final Map<SchemaReference, Finding> findings = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<SchemaReference, Finding> eldest) {
            return size() > MAX_SCHEMAS;
        }
    };

    /**
     * Takes note of a schema.
     *
     * @param reason why it cannot be read
     * @param nanos the time, by {@link System#nanoTime}
     */
    synchronized void found(SchemaReference schema, String reason, long nanos) {
        findings.remove(schema);
        findings.put(schema, new Finding(reason, nanos));
    }

    /**
     * Why a schema cannot be read; empty when it is not known, or no longer.
     *
     * @param nanos the time, by {@link System#nanoTime}
     */
    synchronized Optional<String> reason(SchemaReference schema, long nanos) {
        Finding finding = findings.get(schema);
        if (finding == null) {
            return Optional.empty();
        }
        if (nanos - finding.nanos() > LIFETIME.toNanos()) {
            findings.remove(schema);
            return Optional.empty();
        }
        return Optional.of(finding.reason());
    }
}
