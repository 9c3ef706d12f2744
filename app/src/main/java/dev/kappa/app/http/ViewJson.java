package dev.kappa.app.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import dev.kappa.app.config.KappaConfig;
import dev.kappa.app.instance.CurrentInstance;
import dev.kappa.app.instance.FleetActivity;
import dev.kappa.app.version.VersionRunner;
import dev.kappa.app.version.VersionState;
import dev.kappa.catalog.VersionReport;
import dev.kappa.reprocessing.catalog.Blueprint;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.Definitions;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.fleet.Fleet;
import dev.kappa.reprocessing.fleet.Waiting;
import dev.kappa.reprocessing.replay.ReplayJson;
import dev.kappa.topologies.Parameter;
import dev.kappa.topologies.ParameterValues;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.input.InputProblem;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/** The JSON of views and their versions, as this instance and the catalog know them. Thread-safe. */
@Singleton
final class ViewJson {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final VersionLookup lookup;
    private final CurrentInstance instance;
    private final ClusterNames names;
    private final Definitions definitions;
    private final KappaConfig config;

    ViewJson(
            VersionLookup lookup,
            CurrentInstance instance,
            ClusterNames names,
            Definitions definitions,
            KappaConfig config) {
        this.lookup = lookup;
        this.instance = instance;
        this.names = names;
        this.definitions = definitions;
        this.config = config;
    }

    /** A view with parameters and stores. */
    ObjectNode view(Catalog catalog, String view) {
        Blueprint blueprint = shown(catalog, view).blueprint();
        ObjectNode json = summary(catalog, view);
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
        return json;
    }

    /** All versions of a view; running ones have their progress. */
    ObjectNode versions(Catalog catalog, String view) {
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
        return json;
    }

    /** The version that tells what a view is like: the active one, else the newest. */
    private ViewVersion shown(Catalog catalog, String view) {
        return catalog.active(view)
                .orElseGet(() -> lookup.versions(catalog, view).getLast());
    }

    /** A view in a list. */
    ObjectNode summary(Catalog catalog, String view) {
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
        ArrayNode inputs = json.putArray("inputs");
        catalog.active(view)
                .or(() -> catalog.versions(view).stream().reduce((_, last) -> last))
                .ifPresent(shown -> shown.blueprint()
                        .inputs()
                        .forEach(input -> inputs.addObject()
                                .put("topic", input.topic())
                                .put("role", input.table() ? "table" : "stream")));
        json.put("publishedTopic", config.publish().contains(view) ? names.publishedTopic(view) : null);
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
        json.set("activity", activity(version));
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

    /** The activity of a version in the whole fleet, by the reports of its instances. */
    private ObjectNode activity(ViewVersion version) {
        List<VersionReport> reports = instance.get().fleet().stream()
                .flatMap(report -> Fleet.of(report, version.id()).stream())
                .toList();
        FleetActivity.Rates rates = instance.get().activity().rates(version.id());
        ObjectNode json = NODES.objectNode();
        json.put("readPerSecond", FleetController.rounded(rates.readPerSecond()));
        json.put("writtenPerSecond", FleetController.rounded(rates.writtenPerSecond()));
        json.put("late", reports.stream().mapToLong(VersionReport::getLate).sum());
        json.put("deadLetters", instance.get().activity().deadLetters(version.id()));
        json.put(
                "lag",
                reports.stream()
                        .map(VersionReport::getLag)
                        .filter(Objects::nonNull)
                        .reduce(Long::sum)
                        .orElse(null));
        json.put(
                "newestEvent",
                reports.stream()
                        .map(VersionReport::getNewestEvent)
                        .filter(Objects::nonNull)
                        .max(Instant::compareTo)
                        .map(Instant::toString)
                        .orElse(null));
        var states = new TreeMap<String, Integer>();
        reports.forEach(report -> states.merge(report.getState(), 1, Integer::sum));
        states.forEach(json.putObject("instances")::put);
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
