package dev.kappa.app.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.app.query.Part;
import java.time.Instant;

/** Query results in the shapes that every view shares. */
final class Json {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private Json() {}

    /**
     * A page of a list.
     *
     * @param name what its items are called
     * @param scope names the list, for its cursors
     */
    static ObjectNode page(String name, Part part, String scope) {
        ObjectNode json = items(NODES.objectNode(), name, part);
        json.set(
                "next",
                part.next()
                        .<JsonNode>map(place -> NODES.textNode(place.encode(scope)))
                        .orElseGet(NODES::nullNode));
        return missing(json, part);
    }

    static ObjectNode top(Instant start, Instant end, Part part) {
        ObjectNode json = NODES.objectNode().put("start", start.toString()).put("end", end.toString());
        return missing(items(json, "entries", part), part);
    }

    private static ObjectNode items(ObjectNode json, String name, Part part) {
        ArrayNode items = json.putArray(name);
        part.items().forEach(item -> items.add(item.json()));
        return json;
    }

    private static ObjectNode missing(ObjectNode json, Part part) {
        if (!part.missing().isEmpty()) {
            ArrayNode missing = json.putArray("missing");
            part.missing().keySet().forEach(missing::add);
        }
        return json;
    }
}
