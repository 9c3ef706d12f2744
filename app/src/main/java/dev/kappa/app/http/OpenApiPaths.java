package dev.kappa.app.http;

import static dev.kappa.app.http.OpenApiParts.example;
import static dev.kappa.app.http.OpenApiParts.query;
import static dev.kappa.app.http.OpenApiParts.refer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** The paths of an {@link OpenApi} document while it is built. */
final class OpenApiPaths {

    static final String JSON = "application/json";

    private final ObjectNode paths = JsonNodeFactory.instance.objectNode();
    private final ObjectNode schemas;

    /** With the schemas that operations refer to, for examples. */
    OpenApiPaths(ObjectNode schemas) {
        this.schemas = schemas;
    }

    /** The paths, which grow. */
    ObjectNode json() {
        return paths;
    }

    static List<ObjectNode> with(List<ObjectNode> ofPath, List<HttpParameter> ofQuery) {
        var all = new ArrayList<>(ofPath);
        ofQuery.forEach(parameter -> all.add(query(parameter)));
        return all;
    }

    ObjectNode operation(String path, String method, String tag, String id, String summary) {
        ObjectNode operation = paths.withObjectProperty(path).putObject(method);
        operation.putArray("tags").add(tag);
        return operation.put("operationId", id).put("summary", summary);
    }

    void get(String path, String tag, String id, String summary, ObjectNode schema, List<ObjectNode> parameters) {
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

    /** A stream of server-sent events. */
    void events(String path, String id, String summary, String description, List<ObjectNode> parameters) {
        ObjectNode operation = operation(path, "get", "views", id, summary);
        operation.put("description", description);
        ArrayNode list = operation.putArray("parameters");
        parameters.forEach(list::add);
        ObjectNode answers = operation.putObject("responses");
        ObjectNode answer = answers.putObject("200").put("description", "The events");
        answer.putObject("content")
                .putObject("text/event-stream")
                .putObject("schema")
                .put("type", "string");
        refer(answers, "400", "401", "403", "404", "503");
    }
}
