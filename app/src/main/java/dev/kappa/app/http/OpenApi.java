package dev.kappa.app.http;

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
import java.util.Locale;
import org.apache.avro.Schema;

/**
 * Describes the HTTP interface of the views that this build has.
 *
 * @see <a href="https://spec.openapis.org/oas/v3.1.1.html">OpenAPI 3.1</a>
 */
final class OpenApi {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final String JSON = "application/json";
    private static final String INSTANT = "2026-01-01T00:00:00Z";

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
                                + " version it comes from; ranges are half-open; `next` of a list is the `cursor` of its next page.")
                .putObject("license")
                .put("name", "Apache-2.0")
                .put("identifier", "Apache-2.0");
        document.putArray("servers").addObject().put("url", "/");
        ArrayNode tags = document.putArray("tags");
        tags.addObject().put("name", "views").put("description", "What views there are, and how they are");
        tags.addObject().put("name", "operators").put("description", "Replays, switches and the end of versions");
        views.forEach(view -> tags.addObject().put("name", view.name()).put("description", view.description()));
        // Where the app asks for it; on a loopback address of its own it does not.
        document.putArray("security").addObject();
        document.withArray("security").addObject().putArray("bearer");
        document.withArray("security").addObject().putArray("certificate");
        document.set("paths", paths);
        ObjectNode components = document.putObject("components");
        components.set("schemas", schemas);
        components.set("responses", problems());
        components.set("headers", headers());
        ObjectNode schemes = components.putObject("securitySchemes");
        schemes.putObject("bearer")
                .put("type", "http")
                .put("scheme", "bearer")
                .put("description", "A token that the app's settings know, or a signed JSON Web Token");
        schemes.putObject("certificate")
                .put("type", "mutualTLS")
                .put("description", "A certificate of an authority that the app's settings name");

        schemas.set("Problem", problem());
        describeViews(views);
        describeChanges(views);
        describeOperations(views);
        views.forEach(view -> view.stores().forEach(store -> describe(view, store)));
    }

    /** Of the jar; without one there is none. */
    private static String version() {
        String version = OpenApi.class.getPackage().getImplementationVersion();
        return version == null ? "unpackaged" : version;
    }

    private void describeViews(List<ViewDefinition> views) {
        ObjectNode anything = NODES.objectNode().put("type", "object");
        get("/api/views", "views", "listViews", "All views", anything, List.of());
        ObjectNode view = viewParameter(views);
        get(
                "/api/views/{view}",
                "views",
                "getView",
                "One view: versions, parameters, inputs, stores",
                anything,
                List.of(view));
        get(
                "/api/views/{view}/versions",
                "views",
                "listVersions",
                "Every version that is or was",
                anything,
                List.of(view));
        get("/api/views/{view}/history", "views", "listChanges", "Who did what, and when", anything, List.of(view));
        get(
                "/api/views/{view}/diff",
                "views",
                "compareVersions",
                "Two versions compared",
                anything,
                List.of(
                        view,
                        query("version", "The newer version (default: the one that was replayed)", integer()),
                        query("against", "The older version (default: the active one)", integer()),
                        query("at", "As of this event time", instant()),
                        query("samples", "How many keys that differ are shown", integer())));
    }

    private void describeChanges(List<ViewDefinition> views) {
        ObjectNode operation =
                operation("/api/views/{view}/changes", "get", "views", "listenToChanges", "Results as they change");
        operation.put(
                "description",
                "Server-sent events. `change` has a result as lists have it; its value is null when it is no more. `switch` says"
                        + " that another version has become active: what was told is to be dropped, all its results follow.");
        ArrayNode parameters = operation.putArray("parameters");
        parameters.add(viewParameter(views));
        parameters.add(query("key", "Results of this key only", text()));
        parameters.add(query("from", "Windows that start then or later", instant()));
        parameters.add(query("to", "Windows that start before", instant()));
        parameters.add(query("snapshot", "All results first", bool()));
        parameters.add(query("version", "Pins a version (default: the active one)", integer()));
        parameters.add(parameter("header", "Last-Event-ID", "Goes on after this event", text()));
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
        ObjectNode dryRun = described(bool(), "Tells what would be done, and does nothing");
        ObjectNode from = described(NODES.objectNode(), "`earliest`, a time, or an object of offsets");
        from.putArray("type").add("string").add("object");
        ObjectNode set = described(NODES.objectNode().put("type", "object"), "Parameters, by their names");
        set.putObject("additionalProperties").put("type", "string");
        ObjectNode truncated = described(bool(), "Also when the inputs' beginnings have been deleted");
        ObjectNode replay =
                body("from", from, "set", set, "maxRate", maxRate, "allowTruncated", truncated, "dryRun", dryRun);
        operation(views, "replays", "startReplay", "Recomputes the view into a new version", replay);
        operation(
                views,
                "switch",
                "switchVersion",
                "Makes a version the active one",
                body("version", version, "force", described(bool(), "Also when it has not caught up")));
        operation(views, "rollback", "rollBack", "Makes the version active that was so before", body());
        operation(
                views,
                "abort",
                "abortReplay",
                "Gives a replay up and deletes what it made",
                body("version", version, "dryRun", dryRun));
        ObjectNode deleteOutput = described(bool(), "Deletes its output topic, too");
        ObjectNode retire = body("version", version, "deleteOutput", deleteOutput, "dryRun", dryRun);
        retire.putArray("required").add("version");
        operation(views, "retire", "retireVersion", "Stops a version and deletes what it has", retire);
        operation(
                views,
                "throttle",
                "throttleReplay",
                "Bounds a replay's rate, or lifts the bound",
                body("version", version, "maxRate", maxRate));
    }

    private static ObjectNode described(ObjectNode schema, String description) {
        return schema.put("description", description);
    }

    /** Schema of a body: names of fields, each followed by its schema. */
    private static ObjectNode body(Object... fields) {
        ObjectNode schema = NODES.objectNode().put("type", "object").put("additionalProperties", false);
        ObjectNode properties = schema.putObject("properties");
        for (int i = 0; i < fields.length; i += 2) {
            properties.set(String.valueOf(fields[i]), ((ObjectNode) fields[i + 1]).deepCopy());
        }
        properties.set("epoch", described(integer(), "What was decided on; 409 when the view has changed since then"));
        return schema;
    }

    private void operation(List<ViewDefinition> views, String name, String id, String summary, ObjectNode schema) {
        ObjectNode operation = operation("/api/views/{view}/" + name, "post", "operators", id, summary);
        operation.putArray("parameters").add(viewParameter(views));
        ObjectNode body = operation.putObject("requestBody");
        body.put("required", schema.has("required"));
        body.putObject("content").putObject(JSON).set("schema", schema);
        ObjectNode answers = operation.putObject("responses");
        ObjectNode answer =
                answers.putObject(name.equals("replays") ? "201" : "200").put("description", "What was done");
        answer.putObject("content").putObject(JSON).putObject("schema").put("type", "object");
        if (name.equals("replays")) {
            ObjectNode plan = answers.putObject("200").put("description", "The plan, with `dryRun`");
            plan.putObject("content").putObject(JSON).putObject("schema").put("type", "object");
        }
        refer(answers, "400", "401", "403", "404", "409", "422", "503");
    }

    private void describe(ViewDefinition view, Store<?, ?> store) {
        String path = "/api/views/" + view.name() + "/stores/" + store.name();
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
        property(pages, "next", next);
        pages.withObject("/properties").set("missing", array(integer()));
        schemas.set(page, pages);

        ObjectNode keyParameter = parameter(
                        "path", "key", "The key", NODES.objectNode().put("type", "string"))
                .put("required", true)
                .put("example", "a-key");
        List<ObjectNode> common = List.of(
                query("version", "Pins a version (default: the active one)", integer()),
                query("max-staleness", "How old the answer may be: `PT5S`, or milliseconds", text()),
                query("min-position", "Records that are to have been applied: `TOPIC:PARTITION:OFFSET,…`", text()),
                query("max-wait", "How long these are waited for (default: `PT5S`)", text()));
        List<ObjectNode> paging = List.of(
                query(
                        "limit",
                        "How many at most",
                        integer().put("minimum", 1).put("maximum", 1000).put("default", 100)),
                query("cursor", "`next` of the page before", text()));
        List<ObjectNode> times = List.of(
                query("from", "Windows that start then or later", instant()),
                query("to", "Windows that start before", instant()));
        ObjectNode partial = query("partial", "Answer with the partitions there are", bool());

        if (windowed) {
            get(
                    path + "/windows",
                    view.name(),
                    id + "Windows",
                    "Windows of all keys, by start, then key",
                    reference(page),
                    all(times, paging, List.of(partial), common));
            get(
                    path + "/windows/{key}",
                    view.name(),
                    id + "WindowsOfKey",
                    "Windows of a key, earliest first",
                    reference(page),
                    all(List.of(keyParameter), times, paging, common));
        } else {
            get(
                    path + "/entries",
                    view.name(),
                    id + "Entries",
                    "Entries in ascending order of key",
                    reference(page),
                    all(
                            List.of(
                                    query("from", "Keys from this one on", text()),
                                    query("to", "Keys before this one", text()),
                                    query("prefix", "Keys that begin so", text())),
                            paging,
                            List.of(partial),
                            common));
            List<ObjectNode> asOf = store.history().isPresent()
                    ? List.of(query("asOf", "The value as of this time", instant()))
                    : List.of();
            get(
                    path + "/entries/{key}",
                    view.name(),
                    id + "Entry",
                    "The value of a key",
                    reference(item),
                    all(List.of(keyParameter), asOf, common));
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
                    "The largest of a window, by " + store.rank().get(),
                    reference(upper(id) + "Top"),
                    all(
                            List.of(
                                    query("at", "An instant in the window (default: now)", instant()),
                                    query(
                                            "n",
                                            "How many (default: 10)",
                                            integer().put("minimum", 1).put("maximum", 1000))),
                            List.of(partial),
                            common));
        }
        postQuery(
                path + "/query",
                view.name(),
                id + "Query",
                windowed,
                schemas.has(upper(id) + "Top") ? List.of(page, upper(id) + "Top") : List.of(page, item));
    }

    @SafeVarargs
    private static List<ObjectNode> all(List<ObjectNode>... some) {
        var all = new ArrayList<ObjectNode>();
        for (List<ObjectNode> parameters : some) {
            all.addAll(parameters);
        }
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
            ObjectNode headers = answer.putObject("headers");
            for (String name :
                    List.of(VersionLookup.VERSION_HEADER, VersionLookup.EPOCH_HEADER, VersionLookup.STALENESS_HEADER)) {
                headers.putObject(name).put("$ref", "#/components/headers/" + name);
            }
        }
        ObjectNode content = answer.putObject("content").putObject(JSON);
        content.set("schema", schema);
        content.set("example", example(schema, 0));
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
        String summary = "Any of these queries, with its parameters in the body: for keys and cursors of any length";
        ObjectNode operation = operation(path, "post", tag, id, summary);
        ObjectNode body = object();
        ObjectNode kind = text();
        kind.putArray("enum").add(windowed ? "windows" : "entries").add("top");
        property(body, "get", kind);
        property(body, "key", text());
        for (String name :
                List.of("from", "to", "prefix", "cursor", "at", "asOf", "min-position", "max-staleness", "max-wait")) {
            property(body, name, text());
        }
        for (String name : List.of("limit", "n", "version")) {
            property(body, name, integer());
        }
        property(body, "partial", bool());
        body.withArray("required").removeAll().add("get");
        ObjectNode request = operation.putObject("requestBody").put("required", true);
        ObjectNode asked = request.putObject("content").putObject(JSON);
        asked.set("schema", body);
        asked.putObject("example").put("get", windowed ? "windows" : "entries").put("key", "a-key");
        ObjectNode answers = operation.putObject("responses");
        ObjectNode answer = answers.putObject("200").put("description", summary);
        ObjectNode headers = answer.putObject("headers");
        for (String name :
                List.of(VersionLookup.VERSION_HEADER, VersionLookup.EPOCH_HEADER, VersionLookup.STALENESS_HEADER)) {
            headers.putObject(name).put("$ref", "#/components/headers/" + name);
        }
        ObjectNode content = answer.putObject("content").putObject(JSON);
        ObjectNode schema = NODES.objectNode();
        ArrayNode any = schema.putArray("anyOf");
        answersOf.forEach(name -> any.add(reference(name)));
        content.set("schema", schema);
        content.set("example", example(schema, 0));
        refer(answers, "400", "401", "403", "404", "429", "500", "503", "504");
    }

    /** A value that fits a schema. */
    private JsonNode example(JsonNode schema, int depth) {
        String reference = schema.path("$ref").asText("");
        if (!reference.isEmpty()) {
            return example(schemas.path(reference.substring(reference.lastIndexOf('/') + 1)), depth + 1);
        }
        if (schema.has("anyOf")) {
            return example(schema.path("anyOf").path(schema.path("anyOf").size() - 1), depth + 1);
        }
        if (schema.has("enum")) {
            return schema.path("enum").path(0);
        }
        JsonNode type = schema.path("type").isArray() ? schema.path("type").path(0) : schema.path("type");
        return switch (type.asText()) {
            case "object" -> {
                ObjectNode object = NODES.objectNode();
                schema.path("properties").properties().stream()
                        .filter(property -> !property.getKey().equals("missing"))
                        .forEach(property -> object.set(property.getKey(), example(property.getValue(), depth + 1)));
                yield object;
            }
            case "array" -> NODES.arrayNode().add(example(schema.path("items"), depth + 1));
            case "integer" -> NODES.numberNode(1);
            case "number" -> NODES.numberNode(1.5);
            case "boolean" -> NODES.booleanNode(true);
            case "null" -> NODES.nullNode();
            default ->
                NODES.textNode(
                        schema.path("format").asText().equals("date-time")
                                ? INSTANT
                                : schema.has("pattern") ? "12.50" : "text");
        };
    }

    private String schemaOf(Schema schema) {
        String name = schema.getName();
        schemas.set(name, JsonSchema.of(schema));
        return name;
    }

    private static ObjectNode viewParameter(List<ViewDefinition> views) {
        ObjectNode schema = text();
        ArrayNode names = schema.putArray("enum");
        views.forEach(view -> names.add(view.name()));
        return parameter("path", "view", "Name of the view", schema).put("required", true);
    }

    private static ObjectNode query(String name, String description, ObjectNode schema) {
        return parameter("query", name, description, schema);
    }

    private static ObjectNode parameter(String in, String name, String description, ObjectNode schema) {
        ObjectNode parameter =
                NODES.objectNode().put("name", name).put("in", in).put("description", description);
        parameter.set("schema", schema);
        return parameter;
    }

    private static ObjectNode problem() {
        ObjectNode problem = object();
        problem.put("description", "RFC 9457");
        property(problem, "type", text().put("format", "uri"));
        property(problem, "title", text());
        property(problem, "status", integer());
        property(problem, "detail", text());
        property(problem, "instance", text());
        return problem;
    }

    private static ObjectNode problems() {
        ObjectNode responses = NODES.objectNode();
        problem(responses, "400", "A parameter is unknown, given twice, or not of its form");
        problem(responses, "401", "The request carries no token, or none that is valid");
        problem(responses, "403", "The caller may not do this with this view");
        problem(responses, "404", "There is no such view, version, store or key");
        problem(responses, "409", "Somebody else changed the view first");
        problem(responses, "422", "Not allowed in the state things are in");
        problem(responses, "429", "Too many lists are being read; `Retry-After` says when to try again");
        problem(
                responses,
                "500",
                "A key has results on several partitions, since producers of an input place keys differently");
        problem(responses, "504", "`min-position` was not reached in time; `detail` says what was");
        problem(responses, "503", "Not available at the moment; `Retry-After` says when to try again");
        return responses;
    }

    private static void problem(ObjectNode responses, String status, String description) {
        ObjectNode content = responses
                .putObject("Problem" + status)
                .put("description", description)
                .putObject("content")
                .putObject("application/problem+json");
        content.set("schema", reference("Problem"));
        content.putObject("example")
                .put("type", "urn:kappa:problem:example")
                .put("title", "A title")
                .put("status", Integer.parseInt(status))
                .put("detail", description)
                .put("instance", "/api/views");
    }

    private static void refer(ObjectNode answers, String... statuses) {
        for (String status : statuses) {
            answers.putObject(status).put("$ref", "#/components/responses/Problem" + status);
        }
    }

    private static ObjectNode headers() {
        ObjectNode headers = NODES.objectNode();
        header(headers, VersionLookup.VERSION_HEADER, "Number of the version that answered");
        header(headers, VersionLookup.EPOCH_HEADER, "Epoch of the catalog; handed back, no older one answers");
        header(headers, VersionLookup.STALENESS_HEADER, "How old the answer may be, in milliseconds");
        return headers;
    }

    private static void header(ObjectNode headers, String name, String description) {
        headers.putObject(name).put("description", description).set("schema", integer());
    }

    private static ObjectNode reference(String name) {
        return NODES.objectNode().put("$ref", "#/components/schemas/" + name);
    }

    private static ObjectNode object() {
        ObjectNode object = NODES.objectNode().put("type", "object");
        object.putArray("required");
        object.putObject("properties");
        return object;
    }

    private static void property(ObjectNode object, String name, JsonNode schema) {
        object.withArray("/required").add(name);
        object.withObject("/properties").set(name, schema);
    }

    private static ObjectNode array(JsonNode items) {
        ObjectNode array = NODES.objectNode().put("type", "array");
        array.set("items", items);
        return array;
    }

    private static ObjectNode text() {
        return NODES.objectNode().put("type", "string");
    }

    private static ObjectNode integer() {
        return NODES.objectNode().put("type", "integer");
    }

    private static ObjectNode bool() {
        return NODES.objectNode().put("type", "boolean");
    }

    private static ObjectNode instant() {
        return text().put("format", "date-time");
    }

    private static String camel(String name) {
        var camel = new StringBuilder();
        boolean upper = false;
        for (int i = 0; i < name.length(); i++) {
            char letter = name.charAt(i);
            boolean separates = "-._".indexOf(letter) >= 0;
            if (!separates) {
                camel.append(upper ? Character.toUpperCase(letter) : letter);
            }
            upper = separates;
        }
        return camel.toString();
    }

    private static String upper(String name) {
        return name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
    }
}
