package dev.kappa.app.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.app.config.KappaConfig;
import dev.kappa.app.instance.RunningInstance;
import dev.kappa.app.version.LocalTask;
import dev.kappa.app.version.VersionActivity;
import dev.kappa.app.version.VersionRunner;
import dev.kappa.reprocessing.cluster.VersionId;
import jakarta.inject.Singleton;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The JSON of what this instance does. Thread-safe. */
@Singleton
final class InstanceJson {

    /** Fields of an instance that only the instance itself knows, without the list of its versions. */
    static final List<String> FIELDS =
            List.of("startedAt", "build", "heapUsedBytes", "heapMaxBytes", "stateFreeBytes", "stateBytes");

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final KappaConfig config;

    InstanceJson(KappaConfig config) {
        this.config = config;
    }

    /** This instance with its versions and tasks. */
    ObjectNode instance(RunningInstance running) {
        MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        ObjectNode json = NODES.objectNode();
        json.put(
                "startedAt",
                Instant.ofEpochMilli(ManagementFactory.getRuntimeMXBean().getStartTime())
                        .toString());
        json.put("build", OpenApi.version());
        json.put("heapUsedBytes", heap.getUsed());
        json.put("heapMaxBytes", heap.getMax());
        json.put("stateFreeBytes", config.stateDir().toFile().getUsableSpace());
        ArrayNode versions = NODES.arrayNode();
        long[] stateBytes = {0};
        running.versions().states().forEach((id, state) -> {
            Optional<VersionRunner> runner = running.versions().runner(id);
            Optional<VersionActivity> activity = runner.map(VersionRunner::activity);
            long bytes = activity.map(of -> (long) of.stateBytes()).orElse(0L);
            stateBytes[0] += bytes;
            ObjectNode entry = versions.addObject()
                    .put("view", id.view())
                    .put("version", id.number())
                    .put("state", state.name())
                    .put("detail", running.versions().detail(id).orElse(null))
                    .put("stateBytes", bytes)
                    .put(
                            "recordsToRestore",
                            activity.map(VersionActivity::toRestore).orElse(0L))
                    .put(
                            "incompleteCopies",
                            runner.flatMap(VersionRunner::incompleteCopies).orElse(0));
            ArrayNode tasks = entry.putArray("tasks");
            activity.map(VersionActivity::tasks).orElse(List.of()).forEach(task -> tasks.add(task(task)));
        });
        json.put("stateBytes", stateBytes[0]);
        json.set("versions", versions);
        return json;
    }

    private static ObjectNode task(LocalTask task) {
        ObjectNode json = NODES.objectNode()
                .put("subtopology", task.subtopology())
                .put("partition", task.partition())
                .put("role", task.isActive() ? "active" : "standby");
        ArrayNode topics = json.putArray("topics");
        task.topics().forEach(topics::add);
        return json;
    }

    /** The graph of a version with the figures of this instance; without nodes if the version does not run here. */
    ObjectNode topology(RunningInstance running, VersionId version) {
        return running.versions()
                .runner(version)
                .map(runner -> TopologyJson.of(
                        runner.activity().graph(), runner.activity().figures()))
                .orElseGet(() -> {
                    ObjectNode none = NODES.objectNode();
                    none.putArray("nodes");
                    none.putArray("edges");
                    return none;
                });
    }
}
