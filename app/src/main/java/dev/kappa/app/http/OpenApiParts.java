package dev.kappa.app.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.topologies.ViewDefinition;
import java.util.List;
import java.util.Locale;

/** Schemas, problems and headers that the operations of an {@link OpenApi} document refer to. */
final class OpenApiParts {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final String INSTANT = "2026-01-01T00:00:00Z";

    private OpenApiParts() {}

    static ObjectNode problem() {
        ObjectNode problem = object();
        problem.put("description", "RFC 9457");
        property(problem, "type", text().put("format", "uri"));
        property(problem, "title", text());
        property(problem, "status", integer());
        property(problem, "detail", text());
        property(problem, "instance", text());
        return problem;
    }

    static ObjectNode problems() {
        ObjectNode responses = NODES.objectNode();
        problem(responses, "400", "A parameter is unknown, repeated or malformed");
        problem(responses, "401", "The token is missing or invalid");
        problem(responses, "403", "The caller lacks the required role");
        problem(responses, "404", "There is no such view, version, store or key");
        problem(responses, "409", "Another operator changed the view first");
        problem(responses, "422", "Not allowed in the current state");
        problem(responses, "429", "Too many lists are being read; `Retry-After` says when to try again");
        problem(
                responses,
                "500",
                "A key has results on several partitions, since producers of an input place keys differently");
        problem(responses, "504", "`minPosition` was not reached in time; `detail` says which position was");
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
                .put("instance", "/api/v1/views");
    }

    static ObjectNode headers() {
        ObjectNode headers = NODES.objectNode();
        header(headers, VersionLookup.VERSION_HEADER, "Number of the version that answered");
        header(
                headers,
                VersionLookup.EPOCH_HEADER,
                "Epoch of the catalog; sent back, it excludes answers from an older catalog");
        header(headers, VersionLookup.STALENESS_HEADER, "Maximum age of the answer, in milliseconds");
        return headers;
    }

    private static void header(ObjectNode headers, String name, String description) {
        headers.putObject(name).put("description", description).set("schema", integer());
    }

    /** Says that an answer has the headers of a view's results. */
    static void referToHeaders(ObjectNode answer) {
        ObjectNode headers = answer.putObject("headers");
        for (String name :
                List.of(VersionLookup.VERSION_HEADER, VersionLookup.EPOCH_HEADER, VersionLookup.STALENESS_HEADER)) {
            headers.putObject(name).put("$ref", "#/components/headers/" + name);
        }
    }

    static ObjectNode described(ObjectNode schema, String description) {
        return schema.put("description", description);
    }

    /** Schema of a body: names of fields, each followed by its schema. */
    static ObjectNode body(Object... fields) {
        ObjectNode schema = NODES.objectNode().put("type", "object").put("additionalProperties", false);
        ObjectNode properties = schema.putObject("properties");
        for (int i = 0; i < fields.length; i += 2) {
            properties.set(String.valueOf(fields[i]), ((ObjectNode) fields[i + 1]).deepCopy());
        }
        properties.set(
                "epoch",
                described(integer(), "Epoch that the decision is based on; 409 if the view has changed since"));
        return schema;
    }

    static ObjectNode reference(String name) {
        return NODES.objectNode().put("$ref", "#/components/schemas/" + name);
    }

    static ObjectNode object() {
        ObjectNode object = NODES.objectNode().put("type", "object");
        object.putArray("required");
        object.putObject("properties");
        return object;
    }

    static void property(ObjectNode object, String name, JsonNode schema) {
        object.withArray("/required").add(name);
        object.withObject("/properties").set(name, schema);
    }

    static ObjectNode array(JsonNode items) {
        ObjectNode array = NODES.objectNode().put("type", "array");
        array.set("items", items);
        return array;
    }

    static ObjectNode text() {
        return NODES.objectNode().put("type", "string");
    }

    static ObjectNode integer() {
        return NODES.objectNode().put("type", "integer");
    }

    static ObjectNode bool() {
        return NODES.objectNode().put("type", "boolean");
    }

    static ObjectNode instant() {
        return text().put("format", "date-time");
    }

    /**
     * A value that fits a schema.
     *
     * @param schemas those that it may refer to
     */
    static JsonNode example(JsonNode schemas, JsonNode schema) {
        String reference = schema.path("$ref").asText("");
        if (!reference.isEmpty()) {
            return example(schemas, schemas.path(reference.substring(reference.lastIndexOf('/') + 1)));
        }
        if (schema.has("anyOf")) {
            return example(
                    schemas, schema.path("anyOf").path(schema.path("anyOf").size() - 1));
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
                        .forEach(property -> object.set(property.getKey(), example(schemas, property.getValue())));
                yield object;
            }
            case "array" -> NODES.arrayNode().add(example(schemas, schema.path("items")));
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

    static String camel(String name) {
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

    static String upper(String name) {
        return name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
    }

    static ObjectNode query(HttpParameter parameter) {
        return parameter("query", parameter.name(), parameter.description(), parameter.schema());
    }

    static ObjectNode parameter(String in, String name, String description, ObjectNode schema) {
        ObjectNode parameter =
                NODES.objectNode().put("name", name).put("in", in).put("description", description);
        parameter.set("schema", schema);
        return parameter;
    }

    static void refer(ObjectNode answers, String... statuses) {
        for (String status : statuses) {
            answers.putObject(status).put("$ref", "#/components/responses/Problem" + status);
        }
    }

    static ObjectNode viewParameter(List<ViewDefinition> views) {
        ObjectNode schema = text();
        if (!views.isEmpty()) {
            ArrayNode names = schema.putArray("enum");
            views.forEach(view -> names.add(view.name()));
        }
        return parameter("path", "view", "Name of the view", schema).put("required", true);
    }
}
