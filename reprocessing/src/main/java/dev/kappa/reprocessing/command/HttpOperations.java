package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.cluster.VersionId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Operations that an instance carries out. The roles of the token decide what is allowed. */
final class HttpOperations implements VersionOperations {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** How long an instance may not answer, or not know a new version yet, while a replay is followed. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final AppClient app;
    private JsonNode latest = NODES.objectNode().put("phase", Phase.PLANNED.name());
    private long latestAt = System.nanoTime();

    /**
     * By an instance.
     *
     * @param app the instance; closed with this object
     */
    HttpOperations(AppClient app) {
        this.app = app;
    }

    @Override
    public JsonNode plan(Start start) {
        return post(start.view(), "/replays", request(start).put("dryRun", true));
    }

    @Override
    public VersionId start(Start start, Consumer<JsonNode> planned) {
        JsonNode answer = post(start.view(), "/replays", request(start));
        // Without a plan, the instance continued a replay that had been planned but not started.
        if (answer.has("partitions")) {
            planned.accept(answer);
        }
        return version(start.view(), answer);
    }

    private static ObjectNode request(Start start) {
        ObjectNode json = NODES.objectNode();
        if (start.from().endsWith(".json")) {
            json.set("from", offsets(start.from()));
        } else {
            json.put("from", start.from());
        }
        ObjectNode settings = json.putObject("set");
        start.settings().forEach(settings::put);
        start.maxRate().ifPresent(rate -> json.put("maxRate", rate));
        return json.put("allowTruncated", start.allowTruncated());
    }

    private static JsonNode offsets(String file) {
        try {
            return new ObjectMapper().readTree(Path.of(file).toFile());
        } catch (IOException e) {
            throw CommandException.usage("--from: the file " + file + " cannot be read: " + e.getMessage());
        }
    }

    @Override
    public JsonNode switchTo(String view, Optional<VersionId> version, boolean force) {
        return post(view, "/switch", of(version).put("force", force));
    }

    @Override
    public JsonNode rollback(String view, boolean force) {
        return post(view, "/rollback", NODES.objectNode().put("force", force));
    }

    @Override
    public TakeDownPlan abort(String view, Optional<VersionId> version) {
        return takeDown(view, "/abort", of(version));
    }

    @Override
    public TakeDownPlan retire(VersionId version, boolean deleteOutput) {
        return takeDown(version.view(), "/retire", of(Optional.of(version)).put("deleteOutput", deleteOutput));
    }

    private TakeDownPlan takeDown(String view, String operation, ObjectNode request) {
        JsonNode removal = post(view, operation, request.deepCopy().put("dryRun", true));
        request.put("version", removal.path("version").asInt())
                .put("epoch", removal.path("epoch").asLong());
        return new TakeDownPlan() {
            @Override
            public JsonNode removal() {
                return removal;
            }

            @Override
            public void carryOut() {
                post(view, operation, request);
            }
        };
    }

    @Override
    public VersionId throttle(String view, Optional<Long> maxRate) {
        ObjectNode request = NODES.objectNode();
        maxRate.ifPresent(rate -> request.put("maxRate", rate));
        return version(view, post(view, "/throttle", request));
    }

    @Override
    public VersionId restart(String view, Optional<VersionId> version) {
        return version(view, post(view, "/restart", of(version)));
    }

    @Override
    public JsonNode resend(String view, List<String> letters) {
        ObjectNode request = NODES.objectNode();
        if (letters.isEmpty()) {
            request.put("all", true);
        } else {
            ArrayNode list = request.putArray("letters");
            letters.forEach(list::add);
        }
        return post(view, "/dead-letters/resend", request);
    }

    @Override
    public VersionId followed(String view, Optional<VersionId> version) {
        List<JsonNode> versions = versions(view);
        JsonNode followed = version.map(given -> find(versions, given).orElseThrow(() -> unknown(given)))
                .or(() -> versions.stream()
                        .filter(known -> phase(known).isUnderWay())
                        .findFirst())
                .or(() -> versions.stream()
                        .filter(known -> phase(known) == Phase.ACTIVE)
                        .findFirst())
                .orElseThrow(() -> CommandException.refused("View " + view + " has no version that runs"));
        VersionId id = version(view, followed);
        if (phase(followed) == Phase.PLANNED) {
            post(view, "/replays", NODES.objectNode().put("resume", true));
        }
        return id;
    }

    /** For a time, what was known before: while instances restart, or have not heard of the version yet. */
    @Override
    public JsonNode progress(VersionId version) {
        boolean isLate = System.nanoTime() - latestAt > PATIENCE.toNanos();
        try {
            Optional<JsonNode> known = find(versions(version.view()), version);
            if (known.isPresent()) {
                latest = progress(known.get());
                latestAt = System.nanoTime();
            } else if (isLate) {
                throw unknown(version);
            }
        } catch (CommandException e) {
            if (isLate || e.exitCode() != ExitCode.UNREACHABLE) {
                throw e;
            }
        }
        return latest;
    }

    private static ObjectNode progress(JsonNode version) {
        ObjectNode progress = version.path("progress") instanceof ObjectNode run ? run : NODES.objectNode();
        progress.set("phase", version.path("phase"));
        progress.set("detail", version.path("detail"));
        return progress;
    }

    private static Optional<JsonNode> find(List<JsonNode> versions, VersionId version) {
        return versions.stream()
                .filter(known -> known.path("version").asInt() == version.number())
                .findFirst();
    }

    private static CommandException unknown(VersionId version) {
        return CommandException.refused("There is no version " + version);
    }

    private List<JsonNode> versions(String view) {
        var versions = new ArrayList<JsonNode>();
        app.get(path(view) + "/versions", Map.of()).path("versions").forEach(versions::add);
        return versions;
    }

    private static Phase phase(JsonNode version) {
        return Phase.valueOf(version.path("phase").asText());
    }

    private static ObjectNode of(Optional<VersionId> version) {
        ObjectNode request = NODES.objectNode();
        version.ifPresent(given -> request.put("version", given.number()));
        return request;
    }

    private static VersionId version(String view, JsonNode answer) {
        return new VersionId(view, answer.path("version").asInt());
    }

    private JsonNode post(String view, String operation, ObjectNode request) {
        return app.post(path(view) + operation, request);
    }

    private static String path(String view) {
        return "/api/v1/views/" + AppClient.encode(view);
    }

    @Override
    public void close() {
        app.close();
    }
}
