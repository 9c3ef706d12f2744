package dev.kappa.reprocessing.replay;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.reprocessing.catalog.CatalogChange;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.fleet.Waiting;
import java.time.Instant;
import java.util.List;

/** The JSON of replays, the same for the command and for HTTP. */
public final class ReplayJson {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private ReplayJson() {}

    /** A plan. */
    public static ObjectNode plan(ReplayPlan plan) {
        ObjectNode json = NODES.objectNode()
                .put("view", plan.id().view())
                .put("version", plan.id().number())
                .put("epoch", plan.basedOn())
                .put("from", plan.from())
                .put("completeFrom", plan.completeFrom().map(Instant::toString).orElse(null))
                .put("records", plan.records())
                .put("bytes", plan.bytes().isPresent() ? plan.bytes().getAsLong() : null)
                .put("maxRate", plan.maxRate().orElse(null));
        ObjectNode parameters = json.putObject("parameters");
        plan.blueprint().values().forEach(parameters::put);
        ArrayNode partitions = json.putArray("partitions");
        plan.partitions()
                .forEach(partition -> partitions
                        .addObject()
                        .put("topic", partition.partition().topic())
                        .put("partition", partition.partition().partition())
                        .put("role", partition.table() ? "table" : "stream")
                        .put("start", partition.start())
                        .put("end", partition.end()));
        strings(json.putArray("topics"), plan.topics());
        strings(json.putArray("changes"), plan.changes());
        strings(json.putArray("notes"), plan.notes());
        strings(json.putArray("truncated"), plan.truncated());
        return json;
    }

    /** How far a version has come, as one flat object; {@code behind} when it had caught up and no longer has. */
    public static ObjectNode progress(Progress progress, long maxLag) {
        Phase phase = progress.version().phase();
        ObjectNode json = NODES.objectNode()
                .put("view", progress.version().id().view())
                .put("version", progress.version().id().number())
                .put("phase", phase.name())
                .put("done", progress.done())
                .put("total", progress.total())
                .put("read", progress.read())
                .put("lag", progress.lag())
                .put("behind", progress.isBehind(maxLag))
                .put("eventTime", progress.eventTime().map(Instant::toString).orElse(null))
                .put("maxRate", progress.version().maxRate().orElse(null));
        ArrayNode partitions = json.putArray("partitions");
        progress.partitions()
                .forEach(partition -> partitions
                        .addObject()
                        .put("topic", partition.partition().topic())
                        .put("partition", partition.partition().partition())
                        .put("position", partition.position())
                        .put("end", partition.end()));
        strings(json.putArray("instances"), progress.instances());
        return json;
    }

    /** The result of a switch. */
    public static ObjectNode switched(Replays.Switched switched) {
        ObjectNode json = NODES.objectNode()
                .put("view", switched.version().view())
                .put("activeVersion", switched.version().number())
                .put(
                        "before",
                        switched.before().map(version -> version.number()).orElse(null))
                .put("epoch", switched.epoch())
                .put("tookMs", switched.took().toMillis());
        strings(json.putArray("instances"), switched.instances());
        strings(json.putArray("unseen"), switched.unseen());
        return json;
    }

    /**
     * The resources that are deleted.
     *
     * @param basedOn the epoch of the catalog that the plan is based on
     */
    public static ObjectNode removal(Removal removal, long basedOn) {
        ObjectNode json = NODES.objectNode()
                .put("view", removal.version().view())
                .put("version", removal.version().number())
                .put("epoch", basedOn)
                .put("group", removal.group());
        strings(json.putArray("topics"), removal.topics());
        strings(json.putArray("subjects"), removal.subjects());
        return json;
    }

    /** An entry of the audit trail. */
    public static ObjectNode change(CatalogChange change) {
        ObjectNode json = NODES.objectNode()
                .put("epoch", change.epoch())
                .put("view", change.view())
                .put("at", change.at().toString())
                .put("operator", change.by().name())
                .put("host", change.by().host())
                .put("claimed", change.by().claimed().orElse(null))
                .put("command", change.command());
        ArrayNode steps = json.putArray("steps");
        change.steps()
                .forEach(step -> steps.addObject()
                        .put("version", step.version())
                        .put("before", step.before().map(Phase::name).orElse(null))
                        .put("after", step.after().name())
                        .put("note", step.note().orElse(null)));
        return json;
    }

    private static void strings(ArrayNode array, Iterable<String> texts) {
        texts.forEach(array::add);
    }

    /** Records of inputs that were deleted before a version had read them. */
    public static ArrayNode gaps(ViewVersion version) {
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        version.gaps()
                .forEach(gap -> list.addObject()
                        .put("topic", gap.partition().topic())
                        .put("partition", gap.partition().partition())
                        .put("from", gap.from())
                        .put("to", gap.to())
                        .put("count", gap.to() - gap.from())
                        .put("foundAt", gap.foundAt().toString()));
        return list;
    }

    /** Partitions that are held back. */
    public static ArrayNode waiting(List<Waiting> waiting) {
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        waiting.forEach(wait -> list.addObject()
                .put("partition", wait.partition())
                .put("waitsFor", wait.on())
                .put("since", wait.since().toString()));
        return list;
    }
}
