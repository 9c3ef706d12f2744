package dev.kappa.app.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.app.query.PartialResult;
import java.time.Instant;

/** Query results in the shapes that every view shares. */
final class QueryResultJson {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private QueryResultJson() {}

    /**
     * A page of a list.
     *
     * @param name what its items are called
     * @param scope names the list, for its cursors
     */
    static ObjectNode page(String name, PartialResult part, String scope) {
        ObjectNode json = items(NODES.objectNode(), name, part);
        json.set(
                "nextCursor",
                part.next()
                        .<JsonNode>map(cursor -> NODES.textNode(cursor.encode(scope)))
                        .orElseGet(NODES::nullNode));
        return missing(json, part);
    }

    static ObjectNode top(Instant start, Instant end, PartialResult part) {
        ObjectNode json = NODES.objectNode().put("start", start.toString()).put("end", end.toString());
        return missing(items(json, "entries", part), part);
    }

    private static ObjectNode items(ObjectNode json, String name, PartialResult part) {
        ArrayNode items = json.putArray(name);
        part.items().forEach(item -> items.add(item.json()));
        return json;
    }

    private static ObjectNode missing(ObjectNode json, PartialResult part) {
        if (!part.missing().isEmpty()) {
            ArrayNode missing = json.putArray("missing");
            part.missing().keySet().forEach(missing::add);
        }
        return json;
    }
}
