package dev.kappa.app.http;

import static dev.kappa.app.http.OpenApiParts.array;
import static dev.kappa.app.http.OpenApiParts.body;
import static dev.kappa.app.http.OpenApiParts.camel;
import static dev.kappa.app.http.OpenApiParts.example;
import static dev.kappa.app.http.OpenApiParts.instant;
import static dev.kappa.app.http.OpenApiParts.integer;
import static dev.kappa.app.http.OpenApiParts.object;
import static dev.kappa.app.http.OpenApiParts.parameter;
import static dev.kappa.app.http.OpenApiParts.property;
import static dev.kappa.app.http.OpenApiParts.refer;
import static dev.kappa.app.http.OpenApiParts.reference;
import static dev.kappa.app.http.OpenApiParts.text;
import static dev.kappa.app.http.OpenApiParts.upper;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.avro.json.JsonSchema;
import dev.kappa.topologies.Store;
import dev.kappa.topologies.ViewDefinition;
import java.util.List;
import org.apache.avro.Schema;

/** Describes the queries of stores for an {@link OpenApi} document. */
final class OpenApiStores {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final OpenApiPaths paths;
    private final ObjectNode schemas;

    OpenApiStores(OpenApiPaths paths, ObjectNode schemas) {
        this.paths = paths;
        this.schemas = schemas;
    }

    /** Adds the paths and schemas of a store. */
    void describe(ViewDefinition view, Store<?, ?> store) {
        String path = "/api/v1/views/" + view.name() + "/stores/" + store.name();
        String id = camel(view.name() + "-" + store.name());
        String value = schemaOf(store.valueSchema());
        JsonNode key = JsonSchema.of(store.key().schema());
        boolean windowed = store.kind() != Store.Kind.KEY_VALUE;
        String item = upper(id) + (windowed ? "Window" : "Entry");
        ObjectNode shape = object();
        property(shape, "key", key);
        if (windowed) {
            property(shape, "start", instant());
            property(shape, "end", instant());
        }
        property(shape, "value", reference(value));
        property(shape, "timestamp", instant());
        schemas.set(item, shape);
        String list = windowed ? "windows" : "entries";
        String page = item + "Page";
        ObjectNode pages = object();
        property(pages, list, array(reference(item)));
        ObjectNode next = NODES.objectNode();
        next.putArray("type").add("string").add("null");
        property(pages, "nextCursor", next);
        pages.withObject("/properties").set("missing", array(integer()));
        schemas.set(page, pages);

        ObjectNode keyParameter = parameter(
                        "path", "key", "The key", NODES.objectNode().put("type", "string"))
                .put("required", true)
                .put("example", "a-key");
        if (windowed) {
            paths.get(
                    path + "/windows",
                    view.name(),
                    id + "Windows",
                    "Windows of all keys, by start, then key",
                    reference(page),
                    OpenApiPaths.with(List.of(), StoreQueryKind.WINDOWS.parameters()));
            paths.get(
                    path + "/windows/{key}",
                    view.name(),
                    id + "WindowsOfKey",
                    "Windows of a key, earliest first",
                    reference(page),
                    OpenApiPaths.with(List.of(keyParameter), StoreQueryKind.WINDOWS_OF_KEY.parameters()));
        } else {
            paths.get(
                    path + "/entries",
                    view.name(),
                    id + "Entries",
                    "Entries in ascending order of key",
                    reference(page),
                    OpenApiPaths.with(List.of(), StoreQueryKind.ENTRIES.parameters()));
            List<HttpParameter> ofEntry = StoreQueryKind.ENTRY.parameters().stream()
                    .filter(parameter -> !parameter.equals(HttpParameter.AS_OF)
                            || store.history().isPresent())
                    .toList();
            paths.get(
                    path + "/entries/{key}",
                    view.name(),
                    id + "Entry",
                    "The value of a key",
                    reference(item),
                    OpenApiPaths.with(List.of(keyParameter), ofEntry));
        }
        if (store.rank().isPresent() && store.kind() == Store.Kind.WINDOW) {
            ObjectNode top = object();
            property(top, "start", instant());
            property(top, "end", instant());
            ObjectNode entry = object();
            property(entry, "key", key);
            property(entry, "value", reference(value));
            property(entry, "timestamp", instant());
            property(top, "entries", array(entry));
            top.withObject("/properties").set("missing", array(integer()));
            schemas.set(upper(id) + "Top", top);
            paths.get(
                    path + "/top",
                    view.name(),
                    id + "Top",
                    "The largest entries of a window, by " + store.rank().get(),
                    reference(upper(id) + "Top"),
                    OpenApiPaths.with(List.of(), StoreQueryKind.TOP.parameters()));
        }
        postQuery(
                path + "/query",
                view.name(),
                id + "Query",
                windowed,
                schemas.has(upper(id) + "Top") ? List.of(page, upper(id) + "Top") : List.of(page, item));
    }

    /** Any of a store's queries, with its parameters in the body. */
    private void postQuery(String path, String tag, String id, boolean windowed, List<String> answersOf) {
        String summary = "Any query of this store with its parameters in the body, for keys and cursors of any length";
        ObjectNode operation = paths.operation(path, "post", tag, id, summary);
        ObjectNode body = object();
        ObjectNode kind = text();
        ArrayNode choices = kind.putArray("enum").add(windowed ? "windows" : "entries");
        if (windowed) {
            choices.add("top");
        }
        property(body, HttpParameter.GET.name(), kind);
        StoreQueryKind[] kinds = windowed
                ? new StoreQueryKind[] {StoreQueryKind.WINDOWS_OF_KEY, StoreQueryKind.WINDOWS, StoreQueryKind.TOP}
                : new StoreQueryKind[] {StoreQueryKind.ENTRY, StoreQueryKind.ENTRIES};
        for (StoreQueryKind of : kinds) {
            of.parametersInBody().stream()
                    .filter(parameter -> !parameter.equals(HttpParameter.GET))
                    .forEach(parameter -> property(body, parameter.name(), parameter.schema()));
        }
        body.withArray("required").removeAll().add("get");
        ObjectNode request = operation.putObject("requestBody").put("required", true);
        ObjectNode asked = request.putObject("content").putObject(OpenApiPaths.JSON);
        asked.set("schema", body);
        asked.putObject("example").put("get", windowed ? "windows" : "entries").put("key", "a-key");
        ObjectNode answers = operation.putObject("responses");
        ObjectNode answer = answers.putObject("200").put("description", summary);
        OpenApiParts.referToHeaders(answer);
        ObjectNode content = answer.putObject("content").putObject(OpenApiPaths.JSON);
        ObjectNode schema = NODES.objectNode();
        ArrayNode any = schema.putArray("anyOf");
        answersOf.forEach(name -> any.add(reference(name)));
        content.set("schema", schema);
        content.set("example", example(schemas, schema));
        refer(answers, "400", "401", "403", "404", "429", "500", "503", "504");
    }

    private String schemaOf(Schema schema) {
        String name = schema.getName();
        schemas.set(name, JsonSchema.of(schema));
        return name;
    }
}
