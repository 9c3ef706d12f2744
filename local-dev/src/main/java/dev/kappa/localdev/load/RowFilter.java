package dev.kappa.localdev.load;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which rows are loaded: those that have, in each named column, one of the values named for it. */
record RowFilter(Map<String, Set<String>> allowed) {

    /**
     * Reads conditions of the form {@code COLUMN=VALUE}.
     *
     * @throws IllegalArgumentException for any other form
     */
    static RowFilter of(List<String> conditions) {
        var allowed = new LinkedHashMap<String, Set<String>>();
        for (String condition : conditions) {
            int equals = condition.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException("--where takes COLUMN=VALUE; got \"" + condition + "\"");
            }
            allowed.computeIfAbsent(condition.substring(0, equals), _ -> new LinkedHashSet<>())
                    .add(condition.substring(equals + 1));
        }
        return new RowFilter(allowed);
    }

    Set<String> columns() {
        return allowed.keySet();
    }

    boolean test(Row row) {
        return allowed.entrySet().stream().allMatch(condition -> {
            JsonNode value = row.values().get(condition.getKey());
            return condition.getValue().contains(value == null || value.isNull() ? "" : value.asText());
        });
    }
}
