package dev.kappa.app.http;

import static dev.kappa.app.http.OpenApiParts.array;
import static dev.kappa.app.http.OpenApiParts.body;
import static dev.kappa.app.http.OpenApiParts.bool;
import static dev.kappa.app.http.OpenApiParts.camel;
import static dev.kappa.app.http.OpenApiParts.described;
import static dev.kappa.app.http.OpenApiParts.example;
import static dev.kappa.app.http.OpenApiParts.instant;
import static dev.kappa.app.http.OpenApiParts.integer;
import static dev.kappa.app.http.OpenApiParts.object;
import static dev.kappa.app.http.OpenApiParts.parameter;
import static dev.kappa.app.http.OpenApiParts.property;
import static dev.kappa.app.http.OpenApiParts.query;
import static dev.kappa.app.http.OpenApiParts.refer;
import static dev.kappa.app.http.OpenApiParts.reference;
import static dev.kappa.app.http.OpenApiParts.text;
import static dev.kappa.app.http.OpenApiParts.upper;
import static dev.kappa.app.http.OpenApiParts.viewParameter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.avro.json.JsonSchema;
import dev.kappa.reprocessing.catalog.Definitions;
import dev.kappa.topologies.Store;
import dev.kappa.topologies.ViewDefinition;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;

/**
 * Describes the HTTP interface of the views that this build has.
 *
 * @see <a href="https://spec.openapis.org/oas/v3.1.1.html">OpenAPI 3.1</a>
 */
final class OpenApi {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final String JSON = "application/json";

    private final ObjectNode document = NODES.objectNode();
    private final ObjectNode paths = NODES.objectNode();
    private final ObjectNode schemas = NODES.objectNode();

    private OpenApi() {}

    /** The document, for the definitions of this build. */
    static ObjectNode of(Definitions definitions) {
        var api = new OpenApi();
        api.build(definitions.all());
        return api.document;
    }

    private void build(List<ViewDefinition> views) {
        document.put("openapi", "3.1.0");
        document.putObject("info")
                .put("title", "Kappa")
                .put("version", version())
                .put(
                        "description",
                        "Live views over Kafka topics. Any instance of the fleet answers. Every answer of a view names the"
                                + " version it comes from; ranges are half-open; `nextCursor` of a list is the `cursor` of its next page.")
                .putObject("license")
                .put("name", "Apache-2.0")
                .put("identifier", "Apache-2.0");
        document.putArray("servers").addObject().put("url", "/");
        ArrayNode tags = document.putArray("tags");
        tags.addObject().put("name", "views").put("description", "The views and their state");
        tags.addObject().put("name", "operators").put("description", "Replays, switches and removal of versions");
        views.forEach(view -> tags.addObject().put("name", view.name()).put("description", view.description()));
        // Where the app asks for it; on a loopback address of its own it does not.
        document.putArray("security").addObject();
        document.withArray("security").addObject().putArray("bearer");
        document.withArray("security").addObject().putArray("certificate");
        document.set("paths", paths);
        ObjectNode components = document.putObject("components");
        components.set("schemas", schemas);
        components.set("responses", OpenApiParts.problems());
        components.set("headers", OpenApiParts.headers());
        ObjectNode schemes = components.putObject("securitySchemes");
        schemes.putObject("bearer")
                .put("type", "http")
                .put("scheme", "bearer")
                .put("description", "A token from the app's tokens file, or a signed JSON Web Token");
        schemes.putObject("certificate")
                .put("type", "mutualTLS")
                .put("description", "A client certificate of a configured certificate authority");

        schemas.set("Problem", OpenApiParts.problem());
        OpenApiAnswers.into(schemas);
        describeViews(views);
        describeChanges(views);
        describeOperations(views);
        views.forEach(view -> view.stores().forEach(store -> describe(view, store)));
    }

    /** Implementation version from the jar's manifest, or {@code unpackaged}. */
    private static String version() {
        String version = OpenApi.class.getPackage().getImplementationVersion();
        return version == null ? "unpackaged" : version;
    }

    private void describeViews(List<ViewDefinition> views) {
        get("/api/v1/views", "views", "listViews", "All views", reference("ViewList"), List.of());
        ObjectNode view = viewParameter(views);
        get(
                "/api/v1/views/{view}",
                "views",
                "getView",
                "One view: versions, parameters, inputs, stores",
                reference("View"),
                List.of(view));
        get(
                "/api/v1/views/{view}/versions",
                "views",
                "listVersions",
                "All versions, current and past",
                reference("VersionList"),
                List.of(view));
        get(
                "/api/v1/views/{view}/history",
                "views",
                "listChanges",
                "Audit trail of the view",
                reference("History"),
                List.of(view));
        get(
                "/api/v1/views/{view}/diff",
                "views",
                "compareVersions",
                "Compares two versions",
                reference("Diff"),
                with(List.of(view), HttpParameter.OF_DIFF));
    }

    private void describeChanges(List<ViewDefinition> views) {
        ObjectNode operation =
                operation("/api/v1/views/{view}/changes", "get", "views", "listenToChanges", "Results as they change");
        operation.put(
                "description",
                "Server-sent events. `change` has a result in the format of lists; a null value means that the result was deleted."
                        + " `switch` means that another version has become active: discard all earlier results; those of the new"
                        + " version follow.");
        ArrayNode parameters = operation.putArray("parameters");
        parameters.add(viewParameter(views));
        HttpParameter.OF_CHANGES.forEach(parameter -> parameters.add(query(parameter)));
        parameters.add(parameter("header", "Last-Event-ID", "Continues after this event", text()));
        ObjectNode answers = operation.putObject("responses");
        ObjectNode answer = answers.putObject("200").put("description", "The events");
        answer.putObject("content")
                .putObject("text/event-stream")
                .putObject("schema")
                .put("type", "string");
        refer(answers, "400", "401", "403", "404", "503");
    }

    private void describeOperations(List<ViewDefinition> views) {
        ObjectNode version = described(integer(), "Number of the version");
        ObjectNode maxRate = described(integer(), "Records a second");
        ObjectNode dryRun = described(bool(), "Returns the plan without carrying it out");
        ObjectNode from = described(NODES.objectNode(), "`earliest`, a time, or an object of offsets");
        from.putArray("type").add("string").add("object");
        ObjectNode set = described(NODES.objectNode().put("type", "object"), "Parameters, by their names");
        set.putObject("additionalProperties").put("type", "string");
        ObjectNode truncated = described(bool(), "Starts even if the oldest input records have been deleted");
        ObjectNode replay =
                body("from", from, "set", set, "maxRate", maxRate, "allowTruncated", truncated, "dryRun", dryRun);
        operation(views, "replays", "startReplay", "Recomputes the view into a new version", replay, "StartedReplay");
        operation(
                views,
                "switch",
                "switchVersion",
                "Makes a version the active one",
                body("version", version, "force", described(bool(), "Switches even if the version has not caught up")),
                "Switched");
        operation(
                views, "rollback", "rollBack", "Makes the previously active version active again", body(), "Switched");
        operation(
                views,
                "abort",
                "abortReplay",
                "Aborts a replay and deletes everything it created",
                body("version", version, "dryRun", dryRun),
                "Removal");
        ObjectNode deleteOutput = described(bool(), "Also deletes its output topic");
        ObjectNode retire = body("version", version, "deleteOutput", deleteOutput, "dryRun", dryRun);
        retire.putArray("required").add("version");
        operation(
                views,
                "retire",
                "retireVersion",
                "Stops a version and deletes its resources on the cluster",
                retire,
                "Removal");
        operation(
                views,
                "restart",
                "restartVersion",
                "Restarts a version on the instances where it has FAILED",
                body("version", version),
                "ChangedVersion");
        operation(
                views,
                "throttle",
                "throttleReplay",
                "Sets or removes the rate limit of a replay",
                body("version", version, "maxRate", maxRate),
                "ChangedVersion");
    }

    private void operation(
            List<ViewDefinition> views, String name, String id, String summary, ObjectNode schema, String answered) {
        ObjectNode operation = operation("/api/v1/views/{view}/" + name, "post", "operators", id, summary);
        operation.putArray("parameters").add(viewParameter(views));
        ObjectNode body = operation.putObject("requestBody");
        body.put("required", schema.has("required"));
        body.putObject("content").putObject(JSON).set("schema", schema);
        ObjectNode answers = operation.putObject("responses");
        ObjectNode answer =
                answers.putObject(name.equals("replays") ? "201" : "200").put("description", "What was done");
        answer.putObject("content").putObject(JSON).set("schema", reference(answered));
        if (name.equals("replays")) {
            ObjectNode plan = answers.putObject("200").put("description", "The plan, with `dryRun`");
            plan.putObject("content").putObject(JSON).set("schema", reference("ReplayPlan"));
        }
        refer(answers, "400", "401", "403", "404", "409", "422", "503");
    }

    private void describe(ViewDefinition view, Store<?, ?> store) {
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
            get(
                    path + "/windows",
                    view.name(),
                    id + "Windows",
                    "Windows of all keys, by start, then key",
                    reference(page),
                    with(List.of(), StoreQueryKind.WINDOWS.parameters()));
            get(
                    path + "/windows/{key}",
                    view.name(),
                    id + "WindowsOfKey",
                    "Windows of a key, earliest first",
                    reference(page),
                    with(List.of(keyParameter), StoreQueryKind.WINDOWS_OF_KEY.parameters()));
        } else {
            get(
                    path + "/entries",
                    view.name(),
                    id + "Entries",
                    "Entries in ascending order of key",
                    reference(page),
                    with(List.of(), StoreQueryKind.ENTRIES.parameters()));
            List<HttpParameter> ofEntry = StoreQueryKind.ENTRY.parameters().stream()
                    .filter(parameter -> !parameter.equals(HttpParameter.AS_OF)
                            || store.history().isPresent())
                    .toList();
            get(
                    path + "/entries/{key}",
                    view.name(),
                    id + "Entry",
                    "The value of a key",
                    reference(item),
                    with(List.of(keyParameter), ofEntry));
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
            get(
                    path + "/top",
                    view.name(),
                    id + "Top",
                    "The largest entries of a window, by " + store.rank().get(),
                    reference(upper(id) + "Top"),
                    with(List.of(), StoreQueryKind.TOP.parameters()));
        }
        postQuery(
                path + "/query",
                view.name(),
                id + "Query",
                windowed,
                schemas.has(upper(id) + "Top") ? List.of(page, upper(id) + "Top") : List.of(page, item));
    }

    private static List<ObjectNode> with(List<ObjectNode> ofPath, List<HttpParameter> ofQuery) {
        var all = new ArrayList<>(ofPath);
        ofQuery.forEach(parameter -> all.add(query(parameter)));
        return all;
    }

    private ObjectNode operation(String path, String method, String tag, String id, String summary) {
        ObjectNode operation = paths.withObjectProperty(path).putObject(method);
        operation.putArray("tags").add(tag);
        return operation.put("operationId", id).put("summary", summary);
    }

    private void get(
            String path, String tag, String id, String summary, ObjectNode schema, List<ObjectNode> parameters) {
        ObjectNode operation = operation(path, "get", tag, id, summary);
        if (!parameters.isEmpty()) {
            ArrayNode list = operation.putArray("parameters");
            parameters.forEach(parameter -> list.add(parameter.deepCopy()));
        }
        ObjectNode answers = operation.putObject("responses");
        ObjectNode answer = answers.putObject("200").put("description", summary);
        if (path.contains("/stores/")) {
            OpenApiParts.referToHeaders(answer);
        }
        ObjectNode content = answer.putObject("content").putObject(JSON);
        content.set("schema", schema);
        content.set("example", example(schemas, schema));
        refer(answers, "400", "401", "403", "404", "503");
        if (path.endsWith("/diff")) {
            refer(answers, "422", "429");
        }
        if (path.contains("/stores/")) {
            refer(answers, "429", "500", "504");
        }
    }

    /** Any of a store's queries, with its parameters in the body. */
    private void postQuery(String path, String tag, String id, boolean windowed, List<String> answersOf) {
        String summary = "Any query of this store with its parameters in the body, for keys and cursors of any length";
        ObjectNode operation = operation(path, "post", tag, id, summary);
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
        ObjectNode asked = request.putObject("content").putObject(JSON);
        asked.set("schema", body);
        asked.putObject("example").put("get", windowed ? "windows" : "entries").put("key", "a-key");
        ObjectNode answers = operation.putObject("responses");
        ObjectNode answer = answers.putObject("200").put("description", summary);
        OpenApiParts.referToHeaders(answer);
        ObjectNode content = answer.putObject("content").putObject(JSON);
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
