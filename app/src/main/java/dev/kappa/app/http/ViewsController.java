package dev.kappa.app.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import dev.kappa.app.instance.CurrentInstance;
import dev.kappa.app.security.Caller;
import dev.kappa.app.security.Role;
import dev.kappa.app.version.VersionRunner;
import dev.kappa.app.version.VersionState;
import dev.kappa.reprocessing.catalog.Blueprint;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.Definitions;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.fleet.Waiting;
import dev.kappa.reprocessing.replay.ReplayJson;
import dev.kappa.topologies.Parameter;
import dev.kappa.topologies.ParameterValues;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.input.InputProblem;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Lists views, their versions and their state. */
@Controller("/api/v1/views")
@ExecuteOn(TaskExecutors.BLOCKING)
final class ViewsController {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final VersionLookup lookup;
    private final CurrentInstance instance;
    private final ClusterNames names;
    private final Definitions definitions;

    ViewsController(VersionLookup lookup, CurrentInstance instance, ClusterNames names, Definitions definitions) {
        this.definitions = definitions;
        this.lookup = lookup;
        this.instance = instance;
        this.names = names;
    }

    @Get
    HttpResponse<?> views(HttpRequest<?> request) {
        var _ = QueryParameters.none(request);
        Catalog catalog = lookup.catalog(request);
        ObjectNode json = NODES.objectNode();
        ArrayNode views = json.putArray("views");
        Optional<Caller> caller = request.getAttribute(Caller.ATTRIBUTE, Caller.class);
        catalog.views().stream()
                .filter(view -> caller.map(who -> who.may(Role.READER, view)).orElse(true))
                .forEach(view -> views.add(summary(catalog, view)));
        json.putNull("nextCursor");
        return answer(catalog, json);
    }

    @Get("/{view}")
    HttpResponse<?> view(HttpRequest<?> request, String view) {
        var _ = QueryParameters.none(request);
        Catalog catalog = lookup.catalog(request);
        Blueprint blueprint = shown(catalog, view).blueprint();
        ObjectNode json = summary(catalog, view);
        ArrayNode inputs = json.putArray("inputs");
        blueprint
                .inputs()
                .forEach(input ->
                        inputs.addObject().put("topic", input.topic()).put("role", input.table() ? "table" : "stream"));
        ArrayNode parameters = json.putArray("parameters");
        definitions
                .find(view)
                .ifPresent(definition ->
                        ParameterValues.known(definition).forEach(parameter -> parameters.add(parameter(parameter))));
        ArrayNode stores = json.putArray("stores");
        blueprint.stores().forEach(store -> {
            ObjectNode entry = stores.addObject().put("name", store.name()).put("kind", store.kind());
            entry.putRawValue("keyType", new RawValue(store.keySchema()));
            entry.putRawValue("valueType", new RawValue(store.valueSchema()));
        });
        json.put("deadLetterTopic", names.deadLetterTopic(view));
        return answer(catalog, json);
    }

    @Get("/{view}/versions")
    HttpResponse<?> versions(HttpRequest<?> request, String view) {
        var _ = QueryParameters.none(request);
        Catalog catalog = lookup.catalog(request);
        ObjectNode json = NODES.objectNode();
        ArrayNode versions = json.putArray("versions");
        lookup.versions(catalog, view).forEach(version -> {
            ObjectNode entry = version(version);
            entry.put("fingerprint", version.fingerprint());
            entry.put("createdAt", version.createdAt().toString());
            entry.put("changedAt", version.changedAt().toString());
            entry.put("removed", version.removed());
            if (version.phase().isRun()) {
                entry.set(
                        "progress",
                        ReplayJson.progress(
                                instance.get()
                                        .replays()
                                        .progress(version, instance.get().fleet()),
                                instance.get().replays().maxLag()));
                entry.set(
                        "waiting", ReplayJson.waiting(Waiting.of(instance.get().fleet(), version.id())));
                ObjectNode late = entry.putObject("late");
                instance.get()
                        .versions()
                        .runner(version.id())
                        .ifPresent(runner -> runner.late().forEach(late::put));
            }
            versions.add(entry);
        });
        json.putNull("nextCursor");
        return answer(catalog, json);
    }

    private static HttpResponse<?> answer(Catalog catalog, ObjectNode json) {
        return HttpResponse.ok(json).header(VersionLookup.EPOCH_HEADER, String.valueOf(catalog.epoch()));
    }

    /** The version that tells what a view is like: the active one, else the newest. */
    private ViewVersion shown(Catalog catalog, String view) {
        return catalog.active(view)
                .orElseGet(() -> lookup.versions(catalog, view).getLast());
    }

    private ObjectNode summary(Catalog catalog, String view) {
        ObjectNode json = NODES.objectNode();
        json.put("name", view);
        json.put(
                "description",
                definitions.find(view).map(ViewDefinition::description).orElse(null));
        Optional<ViewVersion> active = catalog.active(view);
        json.put("activeVersion", active.map(version -> version.id().number()).orElse(null));
        json.put("phase", active.map(version -> version.phase().name()).orElse(null));
        // How the active version would differ if this build made it.
        List<String> differences = active.map(definitions::differences).orElse(List.of());
        json.put(
                "state",
                catalog.unreadable().containsKey(view)
                        ? "UNREADABLE"
                        : !differences.isEmpty()
                                ? "NEEDS_REPLAY"
                                : active.map(this::state).orElse(null));
        ArrayNode lines = json.putArray("differences");
        differences.forEach(lines::add);
        json.put("problem", catalog.unreadable().get(view));
        json.put(
                "freshnessMs",
                active.flatMap(this::freshness).map(Duration::toMillis).orElse(null));
        ArrayNode versions = json.putArray("versions");
        catalog.versions(view).stream()
                .filter(version -> !version.phase().isOver())
                .forEach(version -> versions.add(version(version)));
        return json;
    }

    private String state(ViewVersion version) {
        return instance.get()
                .versions()
                .states()
                .getOrDefault(version.id(), version.phase().isRun() ? VersionState.STARTING : VersionState.STOPPED)
                .name();
    }

    private ObjectNode version(ViewVersion version) {
        Optional<VersionRunner> runner = instance.get().versions().runner(version.id());
        ObjectNode json = NODES.objectNode();
        json.put("version", version.id().number());
        json.put("phase", version.phase().name());
        json.put("state", state(version));
        json.put(
                "detail",
                version.detail()
                        .or(() -> instance.get().versions().detail(version.id()))
                        .orElse(null));
        json.put("revision", version.blueprint().revision());
        json.put("freshnessMs", freshness(version).map(Duration::toMillis).orElse(null));
        json.put("lag", runner.flatMap(VersionRunner::lag).orElse(null));
        json.put("applicationId", names.applicationId(version.id()));
        json.put("outputTopic", names.outputTopic(version.id()));
        json.put(
                "completeFrom",
                version.origin()
                        .flatMap(ViewVersion.Origin::completeFrom)
                        .map(Instant::toString)
                        .orElse(null));
        ObjectNode parameters = json.putObject("parameters");
        version.blueprint().values().forEach(parameters::put);
        json.set("gaps", ReplayJson.gaps(version));
        ArrayNode problems = json.putArray("inputProblems");
        version.inputProblems()
                .forEach(found -> problems.addObject()
                        .put("topic", found.topic())
                        .put("problem", found.problem().name())
                        .put(
                                "detail",
                                found.problem().text() + "; the first: " + found.example() + joins(version, found))
                        .put("remedy", found.problem().remedy(version.id().view(), found.topic())));
        return json;
    }

    /** A join by key finds nothing where keys are on other partitions. */
    private String joins(ViewVersion version, ViewVersion.FoundProblem found) {
        boolean isJoined = found.problem() == InputProblem.MISPLACED_KEY
                && definitions.find(version.id().view()).stream()
                        .flatMap(definition -> definition.inputs().stream())
                        .anyMatch(input ->
                                (input.joinedWith().isPresent() && input.topic().equals(found.topic()))
                                        || input.joinedWith().equals(Optional.of(found.topic())));
        return isJoined ? ". The join on this input is unreliable" : "";
    }

    private Optional<Duration> freshness(ViewVersion version) {
        return instance.get().versions().runner(version.id()).flatMap(VersionRunner::freshness);
    }

    private static <T> ObjectNode parameter(Parameter<T> parameter) {
        return NODES.objectNode()
                .put("name", parameter.name())
                .put("description", parameter.description())
                .put("type", parameter.type())
                .put("default", parameter.formatter().apply(parameter.defaultValue()))
                .put("limit", parameter.limitDescription());
    }
}
