package dev.kappa.app.query;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.reprocessing.cluster.VersionId;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.utils.Bytes;

/**
 * A read of some partitions of one store of a version, as one instance requests it of another. A {@link PartialResult} answers it.
 *
 * @param version the version that the answer comes from
 * @param store name of the store
 * @param query with serialized keys
 * @param reading which partitions, and from which copies
 */
public record PartitionRequest(VersionId version, String store, StoreQuery<Bytes> query, Reading reading) {

    /**
     * Which partitions are read, and how.
     *
     * @param partitions their numbers
     * @param staleFor absent: only where their task is active; else also from standbys that lag no further behind
     * @param includesCommitted whether the answer has to include everything that had been committed before the request
     */
    public record Reading(Set<Integer> partitions, Optional<Duration> staleFor, boolean includesCommitted) {
        public Reading {
            partitions = Set.copyOf(partitions);
        }
    }

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** As it is sent. */
    public ObjectNode toJson() {
        ObjectNode json = NODES.objectNode()
                .put("view", version.view())
                .put("version", version.number())
                .put("store", store);
        ArrayNode partitions = json.putArray("partitions");
        reading.partitions().forEach(partitions::add);
        reading.staleFor().ifPresent(age -> json.put("maxStalenessMs", age.toMillis()));
        json.put("includesCommitted", reading.includesCommitted());
        ObjectNode asked = json.putObject("query").put("limit", query.limit());
        switch (query) {
            case StoreQuery.Entry<Bytes> entry -> {
                asked.put("kind", "entry");
                put(asked, "key", Optional.of(entry.key()));
                entry.asOf().ifPresent(time -> asked.put("asOf", time.toString()));
            }
            case StoreQuery.Entries<Bytes> entries -> {
                asked.put("kind", "entries");
                put(asked, "from", entries.from());
                put(asked, "to", entries.to());
                entries.prefix().ifPresent(prefix -> asked.put("prefix", prefix));
                after(asked, entries.after());
            }
            case StoreQuery.WindowsOfKey<Bytes> windows -> {
                asked.put("kind", "windowsOfKey");
                put(asked, "key", Optional.of(windows.key()));
                range(asked, windows.from(), windows.to());
                after(asked, windows.after());
            }
            case StoreQuery.Windows<Bytes> windows -> {
                asked.put("kind", "windows");
                range(asked, windows.from(), windows.to());
                after(asked, windows.after());
            }
            case StoreQuery.Top<Bytes> top ->
                asked.put("kind", "top").put("start", top.start().toString());
        }
        return json;
    }

    private static void put(ObjectNode json, String field, Optional<Bytes> key) {
        key.ifPresent(bytes -> json.put(field, Base64.getEncoder().encodeToString(bytes.get())));
    }

    private static void range(ObjectNode json, Instant from, Instant to) {
        json.put("from", from.toString()).put("to", to.toString());
    }

    private static void after(ObjectNode json, Optional<ScanCursor> after) {
        after.ifPresent(
                cursor -> put(json.putObject("after").put("order", cursor.order()), "key", Optional.of(cursor.key())));
    }

    /**
     * Reads what was sent.
     *
     * @throws IllegalArgumentException when it is no such request
     */
    public static PartitionRequest fromJson(JsonNode json) {
        var partitions = new TreeSet<Integer>();
        required(json, "partitions").forEach(partition -> partitions.add(number(partition)));
        Optional<Duration> staleFor = optional(json, "maxStalenessMs").map(age -> Duration.ofMillis(age.asLong()));
        return new PartitionRequest(
                new VersionId(required(json, "view").asText(), number(required(json, "version"))),
                required(json, "store").asText(),
                query(required(json, "query")),
                new Reading(
                        partitions,
                        staleFor,
                        optional(json, "includesCommitted")
                                .map(JsonNode::asBoolean)
                                .orElse(false)));
    }

    private static StoreQuery<Bytes> query(JsonNode asked) {
        int limit = number(required(asked, "limit"));
        return switch (required(asked, "kind").asText()) {
            case "entry" ->
                new StoreQuery.Entry<>(
                        key(required(asked, "key")), optional(asked, "asOf").map(PartitionRequest::instant));
            case "entries" ->
                new StoreQuery.Entries<>(
                        optional(asked, "from").map(PartitionRequest::key),
                        optional(asked, "to").map(PartitionRequest::key),
                        optional(asked, "prefix").map(JsonNode::asText),
                        after(asked),
                        limit);
            case "windowsOfKey" ->
                new StoreQuery.WindowsOfKey<>(
                        key(required(asked, "key")),
                        instant(required(asked, "from")),
                        instant(required(asked, "to")),
                        after(asked),
                        limit);
            case "windows" ->
                new StoreQuery.Windows<>(
                        instant(required(asked, "from")), instant(required(asked, "to")), after(asked), limit);
            case "top" -> new StoreQuery.Top<>(instant(required(asked, "start")), limit);
            case String kind -> throw new IllegalArgumentException("There is no query of kind " + kind);
        };
    }

    private static Optional<ScanCursor> after(JsonNode asked) {
        return optional(asked, "after")
                .map(cursor -> new ScanCursor(
                        key(required(cursor, "key")), required(cursor, "order").asLong()));
    }

    private static JsonNode required(JsonNode json, String field) {
        return optional(json, field)
                .orElseThrow(() -> new IllegalArgumentException("The request has no field " + field));
    }

    private static Optional<JsonNode> optional(JsonNode json, String field) {
        return Optional.ofNullable(json.get(field));
    }

    private static int number(JsonNode json) {
        if (!json.canConvertToInt() || json.asInt() < 0) {
            throw new IllegalArgumentException("Expected a number, got " + json);
        }
        return json.asInt();
    }

    private static Bytes key(JsonNode json) {
        return Bytes.wrap(Base64.getDecoder().decode(json.asText()));
    }

    private static Instant instant(JsonNode json) {
        try {
            return Instant.parse(json.asText());
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("Expected an instant, got " + json, e);
        }
    }
}
