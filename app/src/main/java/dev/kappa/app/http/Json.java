package dev.kappa.app.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.app.query.Results.Entry;
import dev.kappa.app.query.Results.Page;
import dev.kappa.app.query.Results.Top;
import dev.kappa.app.query.Results.Window;
import dev.kappa.avro.json.AvroJson;
import dev.kappa.topologies.Store;
import java.util.function.Function;

/** Query results in the shapes that every view shares. */
final class Json {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private Json() {}

    static ObjectNode entry(Store<?, ?> store, Entry entry) {
        ObjectNode json = NODES.objectNode();
        json.set("key", AvroJson.toJson(store.key().schema(), entry.key()));
        json.set("value", AvroJson.toJson(store.valueSchema(), entry.value()));
        json.put("timestamp", entry.timestamp().toString());
        return json;
    }

    static ObjectNode window(Store<?, ?> store, Window window) {
        ObjectNode json = NODES.objectNode();
        json.set("key", AvroJson.toJson(store.key().schema(), window.key()));
        json.put("start", window.start().toString());
        json.put("end", window.end().toString());
        json.set("value", AvroJson.toJson(store.valueSchema(), window.value()));
        json.put("timestamp", window.timestamp().toString());
        return json;
    }

    static ObjectNode top(Store<?, ?> store, Top top) {
        ObjectNode json = NODES.objectNode();
        json.put("start", top.start().toString());
        json.put("end", top.end().toString());
        ArrayNode entries = json.putArray("entries");
        top.entries().forEach(entry -> entries.add(entry(store, entry)));
        return json;
    }

    static <T> ObjectNode page(String name, Page<T> page, String scope, Function<T, JsonNode> shape) {
        ObjectNode json = NODES.objectNode();
        ArrayNode items = json.putArray(name);
        page.items().forEach(item -> items.add(shape.apply(item)));
        json.set(
                "next",
                page.next()
                        .<JsonNode>map(cursor -> NODES.textNode(cursor.encode(scope)))
                        .orElseGet(NODES::nullNode));
        return json;
    }
}
