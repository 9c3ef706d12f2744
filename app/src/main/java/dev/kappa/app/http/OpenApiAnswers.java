package dev.kappa.app.http;

import static dev.kappa.app.http.OpenApiParts.array;
import static dev.kappa.app.http.OpenApiParts.bool;
import static dev.kappa.app.http.OpenApiParts.instant;
import static dev.kappa.app.http.OpenApiParts.integer;
import static dev.kappa.app.http.OpenApiParts.object;
import static dev.kappa.app.http.OpenApiParts.property;
import static dev.kappa.app.http.OpenApiParts.reference;
import static dev.kappa.app.http.OpenApiParts.text;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.app.version.VersionState;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.diff.DiffReport;
import dev.kappa.topologies.Store;
import dev.kappa.topologies.input.InputProblem;
import java.util.Arrays;
import java.util.stream.Stream;

/** The schemas of answers about views and of operators, for the description of the HTTP interface. */
final class OpenApiAnswers {

    /** States that a view has beside those of its active version. */
    private static final String[] STATES_OF_VIEW = {"UNREADABLE", "NEEDS_REPLAY"};

    private OpenApiAnswers() {}

    /** Puts the schemas into the components of the description, by their names. */
    static void into(ObjectNode schemas) {
        schemas.set("Gap", gap());
        schemas.set("InputProblem", inputProblem());
        schemas.set("VersionSummary", version());
        schemas.set("ViewSummary", viewSummary());
        schemas.set("ViewList", list("views", "ViewSummary"));
        schemas.set("View", view());
        schemas.set("Progress", progress());
        schemas.set("Version", detailedVersion());
        schemas.set("VersionList", list("versions", "Version"));
        schemas.set("Change", change());
        ObjectNode history = object();
        property(history, "changes", array(reference("Change")));
        schemas.set("History", history);
        schemas.set("Diff", diff());
        schemas.set("ReplayPlan", plan());
        schemas.set("StartedReplay", startedReplay());
        schemas.set("Switched", switched());
        schemas.set("Removal", removal());
        ObjectNode changed = object();
        property(changed, "version", integer());
        schemas.set("ChangedVersion", changed);
        OpenApiFleetAnswers.into(schemas);
    }

    static ObjectNode list(String name, String item) {
        ObjectNode list = object();
        property(list, name, array(reference(item)));
        property(list, "nextCursor", orNull(text()));
        return list;
    }

    private static ObjectNode viewSummary() {
        ObjectNode view = object();
        property(view, "name", text());
        property(view, "description", orNull(text()).put("description", "null where this build lacks the view"));
        property(view, "activeVersion", orNull(integer()));
        property(view, "phase", orNull(choice(Phase.values())));
        ObjectNode state = choice(VersionState.values());
        for (String more : STATES_OF_VIEW) {
            state.withArray("/enum").add(more);
        }
        property(view, "state", orNull(state));
        property(
                view,
                "differences",
                array(text())
                        .put(
                                "description",
                                "Differences of this build's definition from the active version; empty if there are none"));
        property(view, "problem", orNull(text()));
        ObjectNode input = object();
        property(input, "topic", text());
        property(input, "role", choice("stream", "table"));
        property(view, "inputs", array(input));
        property(view, "publishedTopic", orNull(text()).put("description", "null if this instance does not publish"));
        property(view, "freshnessMs", orNull(integer()));
        property(view, "versions", array(reference("VersionSummary")));
        return view;
    }

    private static ObjectNode view() {
        ObjectNode view = viewSummary();
        ObjectNode parameter = object();
        property(parameter, "name", text());
        property(parameter, "description", text());
        property(parameter, "type", text());
        property(parameter, "default", orNull(text()));
        property(parameter, "limit", orNull(text()));
        property(view, "parameters", array(parameter));
        ObjectNode store = object();
        property(store, "name", text());
        property(
                store,
                "kind",
                choice(Stream.of(Store.Kind.values()).map(Store.Kind::text).toArray(String[]::new)));
        ObjectNode avro = JsonNodeFactory.instance.objectNode().put("description", "An Avro schema");
        avro.putArray("type").add("object").add("string").add("array");
        property(store, "keyType", avro);
        property(store, "valueType", avro.deepCopy());
        property(view, "stores", array(store));
        property(view, "deadLetterTopic", text());
        return view;
    }

    private static ObjectNode version() {
        ObjectNode version = object();
        property(version, "version", integer());
        property(version, "phase", choice(Phase.values()));
        property(version, "state", choice(VersionState.values()).put("description", "On the instance that answers"));
        property(version, "detail", orNull(text()));
        property(version, "revision", integer());
        property(version, "freshnessMs", orNull(integer()));
        property(version, "lag", orNull(integer()).put("description", "On the instance that answers"));
        property(version, "activity", reference("VersionActivity"));
        property(version, "applicationId", text());
        property(version, "outputTopic", text());
        property(version, "completeFrom", orNull(instant()));
        property(version, "parameters", map(text()));
        property(version, "gaps", array(reference("Gap")));
        property(version, "inputProblems", array(reference("InputProblem")));
        return version;
    }

    private static ObjectNode detailedVersion() {
        ObjectNode version = version();
        property(version, "fingerprint", text());
        property(version, "createdAt", instant());
        property(version, "changedAt", instant());
        property(version, "removed", bool());
        ObjectNode ofRunning = version.withObject("/properties");
        ofRunning.set("progress", reference("Progress"));
        ObjectNode waiting = object();
        property(waiting, "partition", text());
        property(waiting, "waitsFor", text());
        property(waiting, "since", instant());
        ofRunning.set("waiting", array(waiting));
        ofRunning.set(
                "late", map(integer()).put("description", "Late records by operator, on the instance that answers"));
        return version;
    }

    private static ObjectNode gap() {
        ObjectNode gap = object();
        property(gap, "topic", text());
        property(gap, "partition", integer());
        property(gap, "from", integer());
        property(gap, "to", integer());
        property(gap, "count", integer());
        property(gap, "foundAt", instant());
        return gap;
    }

    private static ObjectNode inputProblem() {
        ObjectNode problem = object();
        property(problem, "topic", text());
        property(problem, "problem", choice(InputProblem.values()));
        property(problem, "detail", text());
        property(problem, "remedy", text());
        return problem;
    }

    private static ObjectNode progress() {
        ObjectNode progress = object();
        property(progress, "view", text());
        property(progress, "version", integer());
        property(progress, "phase", choice(Phase.values()));
        property(progress, "done", integer());
        property(progress, "total", integer());
        property(progress, "read", integer());
        property(progress, "lag", integer());
        property(progress, "behind", bool());
        property(progress, "eventTime", orNull(instant()));
        property(progress, "maxRate", orNull(integer()));
        ObjectNode partition = object();
        property(partition, "topic", text());
        property(partition, "partition", integer());
        property(partition, "position", integer());
        property(partition, "end", integer());
        property(progress, "partitions", array(partition));
        property(progress, "instances", array(text()));
        return progress;
    }

    private static ObjectNode change() {
        ObjectNode change = object();
        property(change, "epoch", integer());
        property(change, "view", text());
        property(change, "at", instant());
        property(change, "operator", text());
        property(change, "host", text());
        property(change, "claimed", orNull(text()));
        property(change, "command", text());
        ObjectNode step = object();
        property(step, "version", integer());
        property(step, "before", orNull(choice(Phase.values())));
        property(step, "after", choice(Phase.values()));
        property(step, "note", orNull(text()));
        property(change, "steps", array(step));
        return change;
    }

    private static ObjectNode diff() {
        ObjectNode diff = object();
        property(diff, "view", text());
        property(diff, "old", integer());
        property(diff, "new", integer());
        property(diff, "cut", orNull(instant()));
        for (String count : new String[] {"compared", "equal", "changed", "onlyOld", "onlyNew"}) {
            property(diff, count, integer());
        }
        property(diff, "fraction", number());
        ObjectNode notCompared = object();
        property(notCompared, "changedAfterCut", integer());
        property(notCompared, "incomplete", integer());
        property(diff, "notCompared", notCompared);
        property(diff, "fields", map(integer()));
        ObjectNode magnitude = object();
        property(magnitude, "above", orNull(number()));
        property(magnitude, "upTo", orNull(number()));
        property(magnitude, "keys", integer());
        property(
                diff,
                "magnitudes",
                map(array(magnitude))
                        .put("description", "Keys by the relative change of a number, by field: -0.1 means 10 % less"));
        ObjectNode sample = object();
        property(sample, "kind", choice(DiffReport.Kind.values()));
        property(sample, "key", anything("A key of the view's output"));
        property(sample, "old", anything("The value, or null"));
        property(sample, "new", anything("The value, or null"));
        property(diff, "samples", array(sample));
        property(diff, "notes", array(text()));
        return diff;
    }

    private static ObjectNode plan() {
        ObjectNode plan = object();
        property(plan, "view", text());
        property(plan, "version", integer());
        property(plan, "epoch", integer());
        property(plan, "from", text());
        property(plan, "completeFrom", orNull(instant()));
        property(plan, "records", integer());
        property(plan, "bytes", orNull(integer()));
        property(plan, "maxRate", orNull(integer()));
        property(plan, "parameters", map(text()));
        ObjectNode partition = object();
        property(partition, "topic", text());
        property(partition, "partition", integer());
        property(partition, "role", choice("stream", "table"));
        property(partition, "start", integer());
        property(partition, "end", integer());
        property(plan, "partitions", array(partition));
        for (String texts : new String[] {"topics", "changes", "notes", "truncated"}) {
            property(plan, texts, array(text()));
        }
        return plan;
    }

    /** The plan too, unless the request continues a replay that was cut short. */
    private static ObjectNode startedReplay() {
        ObjectNode started = plan();
        property(started, "phase", choice(Phase.values()));
        started.putArray("required").add("view").add("version").add("phase");
        return started;
    }

    private static ObjectNode switched() {
        ObjectNode switched = object();
        property(switched, "view", text());
        property(switched, "activeVersion", integer());
        property(switched, "before", orNull(integer()));
        property(switched, "epoch", integer());
        property(switched, "tookMs", integer());
        property(switched, "instances", array(text()).put("description", "Instances that have seen the switch"));
        property(
                switched,
                "unseen",
                array(text()).put("description", "Instances that are alive and have not seen the switch"));
        return switched;
    }

    private static ObjectNode removal() {
        ObjectNode removal = object();
        property(removal, "view", text());
        property(removal, "version", integer());
        property(removal, "epoch", integer());
        property(removal, "group", text());
        property(removal, "topics", array(text()));
        property(removal, "subjects", array(text()));
        return removal;
    }

    static ObjectNode number() {
        return JsonNodeFactory.instance.objectNode().put("type", "number");
    }

    static ObjectNode orNull(ObjectNode schema) {
        String type = schema.path("type").asText();
        schema.putArray("type").add(type).add("null");
        if (schema.has("enum")) {
            schema.withArray("/enum").addNull();
        }
        return schema;
    }

    static ObjectNode map(ObjectNode values) {
        ObjectNode map = JsonNodeFactory.instance.objectNode().put("type", "object");
        map.set("additionalProperties", values);
        return map;
    }

    static ObjectNode anything(String description) {
        return JsonNodeFactory.instance.objectNode().put("description", description);
    }

    static ObjectNode choice(Enum<?>... values) {
        return choice(Arrays.stream(values).map(Enum::name).toArray(String[]::new));
    }

    static ObjectNode choice(String... values) {
        ObjectNode schema = text();
        ArrayNode choices = schema.putArray("enum");
        for (String value : values) {
            choices.add(value);
        }
        return schema;
    }
}
