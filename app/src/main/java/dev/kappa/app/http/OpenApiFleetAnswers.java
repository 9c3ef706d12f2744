package dev.kappa.app.http;

import static dev.kappa.app.http.OpenApiAnswers.anything;
import static dev.kappa.app.http.OpenApiAnswers.choice;
import static dev.kappa.app.http.OpenApiAnswers.list;
import static dev.kappa.app.http.OpenApiAnswers.map;
import static dev.kappa.app.http.OpenApiAnswers.number;
import static dev.kappa.app.http.OpenApiAnswers.orNull;
import static dev.kappa.app.http.OpenApiParts.array;
import static dev.kappa.app.http.OpenApiParts.bool;
import static dev.kappa.app.http.OpenApiParts.instant;
import static dev.kappa.app.http.OpenApiParts.integer;
import static dev.kappa.app.http.OpenApiParts.object;
import static dev.kappa.app.http.OpenApiParts.property;
import static dev.kappa.app.http.OpenApiParts.reference;
import static dev.kappa.app.http.OpenApiParts.text;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.app.security.Role;
import dev.kappa.app.version.VersionState;
import dev.kappa.app.version.ViewGraph;
import java.util.Arrays;
import java.util.Locale;

/** The schemas of answers about instances, rates, topologies and dead letters, for the description of the HTTP interface. */
final class OpenApiFleetAnswers {

    private OpenApiFleetAnswers() {}

    /** Puts the schemas into the components of the description, by their names. */
    static void into(ObjectNode schemas) {
        schemas.set("VersionActivity", versionActivity());
        schemas.set("Activity", activity());
        schemas.set("Task", task());
        schemas.set("VersionOnInstance", versionOnInstance());
        schemas.set("Instance", instance());
        schemas.set("InstanceList", list("instances", "Instance"));
        schemas.set("Topology", topology());
        schemas.set("DeadLetter", deadLetter());
        schemas.set("DeadLetterList", list("letters", "DeadLetter"));
        ObjectNode grant = object();
        property(
                grant,
                "role",
                choice(Arrays.stream(Role.values())
                        .map(role -> role.name().toLowerCase(Locale.ROOT))
                        .toArray(String[]::new)));
        property(grant, "view", orNull(text()).put("description", "null: all views"));
        ObjectNode caller = object();
        property(caller, "name", text());
        property(caller, "roles", array(grant));
        schemas.set("Caller", caller);
        ObjectNode resent = object();
        property(resent, "sent", array(text()));
        property(resent, "sentBefore", integer());
        ObjectNode lost = object();
        property(lost, "letter", text());
        property(lost, "reason", text());
        property(resent, "lost", array(lost).put("description", "Letters whose records no longer exist"));
        schemas.set("Resent", resent);
    }

    private static ObjectNode versionActivity() {
        ObjectNode activity = object();
        activity.put("description", "In the whole fleet");
        property(activity, "readPerSecond", number());
        property(activity, "writtenPerSecond", number());
        property(
                activity,
                "late",
                integer().put("description", "Records left out as late since the instances started the version"));
        property(activity, "deadLetters", integer().put("description", "Of the last 15 minutes"));
        property(activity, "lag", orNull(integer()));
        property(activity, "newestEvent", orNull(instant()));
        property(activity, "instances", map(integer()).put("description", "Number of instances by state"));
        return activity;
    }

    private static ObjectNode activity() {
        ObjectNode series = object();
        property(series, "view", text());
        property(series, "version", integer());
        property(series, "at", array(instant()));
        property(series, "readPerSecond", array(number()));
        property(series, "writtenPerSecond", array(number()));
        property(series, "deadLetters", array(integer()));
        property(series, "lag", array(orNull(integer())));
        ObjectNode activity = object();
        property(activity, "stepSeconds", integer());
        property(activity, "series", array(series));
        return activity;
    }

    private static ObjectNode task() {
        ObjectNode task = object();
        property(task, "subtopology", integer());
        property(task, "partition", integer());
        property(task, "role", choice("active", "standby"));
        property(task, "topics", array(text()));
        return task;
    }

    private static ObjectNode versionOnInstance() {
        ObjectNode version = object();
        property(version, "view", text());
        property(version, "version", integer());
        property(version, "state", choice(VersionState.values()));
        property(version, "detail", orNull(text()));
        property(version, "stateBytes", integer());
        property(version, "recordsToRestore", integer());
        property(version, "incompleteCopies", integer());
        property(version, "tasks", array(reference("Task")));
        return version;
    }

    private static ObjectNode instance() {
        ObjectNode instance = object();
        property(instance, "instance", text());
        property(instance, "address", text());
        property(instance, "pool", text());
        property(instance, "epoch", integer());
        property(instance, "leaving", bool());
        property(instance, "problem", orNull(text().put("description", "Why the fields below are unknown")));
        property(instance, "startedAt", orNull(instant()));
        property(instance, "build", orNull(text()));
        for (String bytes : new String[] {"heapUsedBytes", "heapMaxBytes", "stateFreeBytes", "stateBytes"}) {
            property(instance, bytes, orNull(integer()));
        }
        property(instance, "versions", array(reference("VersionOnInstance")));
        return instance;
    }

    private static ObjectNode topology() {
        ObjectNode node = object();
        property(node, "id", text());
        property(
                node,
                "kind",
                choice(Arrays.stream(ViewGraph.Kind.values())
                        .map(kind -> kind.name().toLowerCase(Locale.ROOT))
                        .toArray(String[]::new)));
        property(node, "name", text());
        for (String figure : TopologyJson.FIGURES) {
            property(node, figure, orNull(integer()));
        }
        ObjectNode edge = object();
        property(edge, "from", text());
        property(edge, "to", text());
        ObjectNode topology = object();
        property(topology, "nodes", array(node));
        property(topology, "edges", array(edge));
        property(topology, "missing", array(text()).put("description", "Instances that did not answer"));
        return topology;
    }

    private static ObjectNode deadLetter() {
        ObjectNode letter = object();
        property(letter, "letter", text());
        property(letter, "version", integer());
        property(letter, "originTopic", text());
        property(letter, "originPartition", integer());
        property(letter, "originOffset", integer());
        property(letter, "timestamp", instant());
        property(letter, "writtenAt", instant());
        property(letter, "resentAt", orNull(instant()));
        property(
                letter,
                "resendRefusal",
                orNull(text().put(
                                "description",
                                "Why letters of this version and topic cannot be resent; null if they can")));
        property(letter, "errorClass", text());
        property(letter, "errorMessage", text());
        property(letter, "key", orNull(text().put("description", "As text, if it is short text")));
        property(letter, "keyHex", orNull(text()));
        property(letter, "value", anything("Decoded, or null"));
        property(letter, "valueHex", orNull(text().put("description", "The first bytes")));
        property(letter, "valueBytes", integer());
        return letter;
    }
}
