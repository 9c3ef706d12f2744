package dev.kappa.app.query;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.utils.Bytes;

/**
 * The result of reading some partitions of a store.
 *
 * @param items in the order of the list
 * @param more whether there are more after them
 * @param missing partitions that could not be read, and why
 * @param staleness how old the oldest of what was read may be
 */
public record PartialResult(List<Item> items, boolean more, SortedMap<Integer, String> missing, Duration staleness) {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** A value and where it stands. */
    public record Item(ScanCursor cursor, JsonNode json) {}

    public PartialResult {
        items = List.copyOf(items);
        missing = new TreeMap<>(missing);
    }

    /** Nothing, for want of partitions. */
    public static PartialResult missing(Iterable<Integer> partitions, String reason) {
        var missing = new TreeMap<Integer, String>();
        partitions.forEach(partition -> missing.put(partition, reason));
        return new PartialResult(List.of(), false, missing, Duration.ZERO);
    }

    /** Several results as one list; the caller knows which partitions are missing in all of them. */
    static PartialResult merged(List<PartialResult> parts, SortedMap<Integer, String> missing, int limit) {
        List<Item> all = parts.stream()
                .flatMap(part -> part.items().stream())
                .sorted(Comparator.comparing(Item::cursor))
                .toList();
        return new PartialResult(
                all.subList(0, Math.min(limit, all.size())),
                all.size() > limit || parts.stream().anyMatch(PartialResult::more),
                missing,
                parts.stream()
                        .map(PartialResult::staleness)
                        .max(Comparator.naturalOrder())
                        .orElse(Duration.ZERO));
    }

    /** From where the next page continues; empty at the end. */
    public Optional<ScanCursor> next() {
        return more && !items.isEmpty() ? Optional.of(items.getLast().cursor()) : Optional.empty();
    }

    /** As instances tell each other. */
    public ObjectNode toJson() {
        ObjectNode json = NODES.objectNode();
        ArrayNode list = json.putArray("items");
        items.forEach(item -> list.addObject()
                .put("order", item.cursor().order())
                .put(
                        "key",
                        Base64.getEncoder().encodeToString(item.cursor().key().get()))
                .set("item", item.json()));
        json.put("more", more).put("stalenessMs", staleness.toMillis());
        ObjectNode absent = json.putObject("missing");
        missing.forEach((partition, reason) -> absent.put(String.valueOf(partition), reason));
        return json;
    }

    /** Reads the answer of another instance. */
    public static PartialResult fromJson(JsonNode json) {
        var items = new ArrayList<Item>();
        for (JsonNode item : json.path("items")) {
            byte[] key = Base64.getDecoder().decode(item.path("key").asText());
            items.add(
                    new Item(new ScanCursor(Bytes.wrap(key), item.path("order").asLong()), item.path("item")));
        }
        var missing = new TreeMap<Integer, String>();
        json.path("missing")
                .properties()
                .forEach(partition -> missing.put(
                        Integer.valueOf(partition.getKey()),
                        partition.getValue().asText()));
        return new PartialResult(
                items,
                json.path("more").asBoolean(),
                missing,
                Duration.ofMillis(json.path("stalenessMs").asLong()));
    }
}
