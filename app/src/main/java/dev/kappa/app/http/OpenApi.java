package dev.kappa.app.http;

import static dev.kappa.app.http.OpenApiParts.array;
import static dev.kappa.app.http.OpenApiParts.body;
import static dev.kappa.app.http.OpenApiParts.bool;
import static dev.kappa.app.http.OpenApiParts.described;
import static dev.kappa.app.http.OpenApiParts.integer;
import static dev.kappa.app.http.OpenApiParts.parameter;
import static dev.kappa.app.http.OpenApiParts.refer;
import static dev.kappa.app.http.OpenApiParts.reference;
import static dev.kappa.app.http.OpenApiParts.text;
import static dev.kappa.app.http.OpenApiParts.viewParameter;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.topologies.ViewDefinition;
import java.util.List;

/**
 * Describes the HTTP interface of the views that this build has.
 *
 * @see <a href="https://spec.openapis.org/oas/v3.1.1.html">OpenAPI 3.1</a>
 */
final class OpenApi {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final ObjectNode document = NODES.objectNode();
    private final ObjectNode schemas = NODES.objectNode();
    private final OpenApiPaths paths = new OpenApiPaths(schemas);

    private OpenApi() {}

    /** The document, for some of the views of this build. */
    static ObjectNode of(List<ViewDefinition> views) {
        var api = new OpenApi();
        api.build(views);
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
        document.set("paths", paths.json());
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
        describeFleet(views);
        describeOperations(views);
        var stores = new OpenApiStores(paths, schemas);
        views.forEach(view -> view.stores().forEach(store -> stores.describe(view, store)));
    }

    /** Implementation version from the jar's manifest, or {@code unpackaged}. */
    static String version() {
        String version = OpenApi.class.getPackage().getImplementationVersion();
        return version == null ? "unpackaged" : version;
    }

    private void describeViews(List<ViewDefinition> views) {
        paths.get("/api/v1/views", "views", "listViews", "All views", reference("ViewList"), List.of());
        ObjectNode view = viewParameter(views);
        paths.get(
                "/api/v1/views/{view}",
                "views",
                "getView",
                "One view: versions, parameters, inputs, stores",
                reference("View"),
                List.of(view));
        paths.get(
                "/api/v1/views/{view}/versions",
                "views",
                "listVersions",
                "All versions, current and past",
                reference("VersionList"),
                List.of(view));
        paths.get(
                "/api/v1/views/{view}/history",
                "views",
                "listChanges",
                "Audit trail of the view",
                reference("History"),
                List.of(view));
        paths.get(
                "/api/v1/views/{view}/diff",
                "views",
                "compareVersions",
                "Compares two versions",
                reference("Diff"),
                OpenApiPaths.with(List.of(view), HttpParameter.OF_DIFF));
    }

    private void describeFleet(List<ViewDefinition> views) {
        paths.get("/api/v1/caller", "views", "getCaller", "The caller and their roles", reference("Caller"), List.of());
        paths.get("/api/v1/instances", "views", "listInstances", "All instances", reference("InstanceList"), List.of());
        paths.get(
                "/api/v1/activity",
                "views",
                "getActivity",
                "Rates of the last 15 minutes, of active versions or of one view",
                reference("Activity"),
                OpenApiPaths.with(List.of(), HttpParameter.OF_ACTIVITY));
        paths.get(
                "/api/v1/views/{view}/topology",
                "views",
                "getTopology",
                "The topology of a version with its counts in the whole fleet",
                reference("Topology"),
                OpenApiPaths.with(List.of(viewParameter(views)), List.of(HttpParameter.VERSION)));
        paths.get(
                "/api/v1/views/{view}/dead-letters",
                "operators",
                "listDeadLetters",
                "The newest dead letters",
                reference("DeadLetterList"),
                OpenApiPaths.with(List.of(viewParameter(views)), HttpParameter.OF_DEAD_LETTERS));
        ObjectNode letters = NODES.objectNode().put("type", "object");
        ObjectNode choice = letters.putObject("properties");
        choice.set("letters", array(described(text(), "`PARTITION:OFFSET`")));
        choice.set(
                "all",
                described(
                        bool(),
                        "`true`: all that have not been resent, except those of tables and of versions that no longer run"));
        ArrayNode either = letters.putArray("oneOf");
        choice.fieldNames()
                .forEachRemaining(
                        name -> either.addObject().putArray("required").add(name));
        operation(
                views,
                "dead-letters/resend",
                "resendDeadLetters",
                "Sends dead letters through the view again, each once",
                letters,
                "Resent");
        String summary = "The state of views as it changes";
        String description =
                "Server-sent events. `views` has the views that have changed, as in the list of views, the names of those that are gone,"
                        + " and the epoch of the catalog; the first has all views. Of one view, `versions` has its versions with"
                        + " their progress.";
        paths.events("/api/v1/events", "followViews", summary, description, List.of());
        paths.events("/api/v1/views/{view}/events", "followView", summary, description, List.of(viewParameter(views)));
    }

    private void describeChanges(List<ViewDefinition> views) {
        List<ObjectNode> parameters = OpenApiPaths.with(List.of(viewParameter(views)), HttpParameter.OF_CHANGES);
        parameters.add(parameter("header", "Last-Event-ID", "Continues after this event", text()));
        paths.events(
                "/api/v1/views/{view}/changes",
                "listenToChanges",
                "Results as they change",
                "Server-sent events. `change` has a result in the format of lists; a null value means that the result was deleted."
                        + " `switch` means that another version has become active: discard all earlier results; those of the new"
                        + " version follow.",
                parameters);
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
        ObjectNode replay = body(
                "from",
                from,
                "set",
                set,
                "maxRate",
                maxRate,
                "allowTruncated",
                truncated,
                "dryRun",
                dryRun,
                "resume",
                described(bool(), "Finishes a start that was interrupted, and nothing else"));
        operation(views, "replays", "startReplay", "Recomputes the view into a new version", replay, "StartedReplay");
        operation(
                views,
                "switch",
                "switchVersion",
                "Makes a version the active one",
                body("version", version, "force", described(bool(), "Switches even if the version has not caught up")),
                "Switched");
        operation(
                views,
                "rollback",
                "rollBack",
                "Makes the previously active version active again",
                body("force", described(bool(), "Switches even if the version has fallen behind")),
                "Switched");
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
        ObjectNode operation = paths.operation("/api/v1/views/{view}/" + name, "post", "operators", id, summary);
        operation.putArray("parameters").add(viewParameter(views));
        ObjectNode body = operation.putObject("requestBody");
        body.put("required", schema.has("required"));
        body.putObject("content").putObject(OpenApiPaths.JSON).set("schema", schema);
        ObjectNode answers = operation.putObject("responses");
        ObjectNode answer =
                answers.putObject(name.equals("replays") ? "201" : "200").put("description", "What was done");
        answer.putObject("content").putObject(OpenApiPaths.JSON).set("schema", reference(answered));
        if (name.equals("replays")) {
            ObjectNode plan = answers.putObject("200").put("description", "The plan, with `dryRun`");
            plan.putObject("content").putObject(OpenApiPaths.JSON).set("schema", reference("ReplayPlan"));
        }
        refer(answers, "400", "401", "403", "404", "409", "422", "503");
    }
}
