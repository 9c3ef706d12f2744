package dev.kappa.reprocessing.diff;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Compares two values field by field. Fields within a record have dotted names. */
final class Differences {

    /** Name of the field of a value that has no fields. */
    static final String WHOLE = "(value)";

    private final Map<String, BigDecimal> tolerances;

    /** With how far numbers may be apart, by field. */
    Differences(Map<String, BigDecimal> tolerances) {
        this.tolerances = Map.copyOf(tolerances);
    }

    /** The fields in which two values differ. */
    Set<String> between(JsonNode before, JsonNode after) {
        var fields = new TreeSet<String>();
        collect("", before, after, fields);
        return fields;
    }

    private void collect(String field, @Nullable JsonNode before, @Nullable JsonNode after, Set<String> fields) {
        if (before != null && after != null && before.isObject() && after.isObject()) {
            var names = new TreeSet<String>();
            before.fieldNames().forEachRemaining(names::add);
            after.fieldNames().forEachRemaining(names::add);
            names.forEach(name ->
                    collect(field.isEmpty() ? name : field + "." + name, before.get(name), after.get(name), fields));
        } else if (!isEqual(field, before, after)) {
            fields.add(field.isEmpty() ? WHOLE : field);
        }
    }

    private boolean isEqual(String field, @Nullable JsonNode before, @Nullable JsonNode after) {
        if (before == null || after == null) {
            return false;
        }
        if (before.equals(after)) {
            return true;
        }
        BigDecimal tolerance = tolerances.get(field);
        if (tolerance == null || before.isNull() || after.isNull()) {
            return false;
        }
        try {
            return new BigDecimal(before.asText())
                            .subtract(new BigDecimal(after.asText()))
                            .abs()
                            .compareTo(tolerance)
                    <= 0;
        } catch (NumberFormatException notNumbers) {
            return false;
        }
    }
}
