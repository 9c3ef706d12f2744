package dev.kappa.app.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.app.instance.CurrentInstance;
import dev.kappa.app.instance.FleetActivity;
import dev.kappa.app.instance.RunningInstance;
import dev.kappa.app.security.Caller;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.fleet.Fleet;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.kafka.common.errors.InterruptException;

/** The instances of the fleet, and what they do: any instance answers for all. */
@Controller("/api/v1")
@ExecuteOn(TaskExecutors.BLOCKING)
final class FleetController {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final VersionLookup lookup;
    private final CurrentInstance instance;
    private final FleetClient client;
    private final InstanceJson here;

    FleetController(VersionLookup lookup, CurrentInstance instance, FleetClient client, InstanceJson here) {
        this.lookup = lookup;
        this.instance = instance;
        this.client = client;
        this.here = here;
    }

    /** The answer of an instance, or why there is none. */
    private record Answer(Optional<JsonNode> json, Optional<String> failure) {}

    @Get("/instances")
    HttpResponse<?> instances(HttpRequest<?> request) {
        var _ = QueryParameters.none(request);
        RunningInstance running = instance.get();
        List<InstanceReport> reports = running.fleet().stream()
                .sorted(Comparator.comparing(InstanceReport::getPool).thenComparing(InstanceReport::getAdvertised))
                .toList();
        Map<String, Answer> answers = ask(
                reports.stream().map(InstanceReport::getAdvertised).toList(),
                InternalController.INSTANCE,
                () -> here.instance(running));
        ObjectNode json = NODES.objectNode();
        ArrayNode list = json.putArray("instances");
        for (InstanceReport report : reports) {
            Answer answer = answers.getOrDefault(
                    report.getAdvertised(), new Answer(Optional.empty(), Optional.of("It has not been asked")));
            ObjectNode entry = list.addObject();
            entry.put("instance", report.getInstance());
            entry.put("address", report.getScheme() + "://" + report.getAdvertised());
            entry.put("pool", report.getPool());
            entry.put("epoch", report.getEpoch());
            entry.put("leaving", report.getLeaving());
            entry.put("problem", answer.failure().orElse(null));
            answer.json().ifPresentOrElse(details -> entry.setAll(visible(request, details)), () -> {
                for (String field : InstanceJson.FIELDS) {
                    entry.putNull(field);
                }
                entry.putArray("versions");
            });
        }
        json.putNull("nextCursor");
        return HttpResponse.ok(json);
    }

    /** Without the versions of views that the caller may not read. */
    private static ObjectNode visible(HttpRequest<?> request, JsonNode details) {
        ObjectNode copy = details.deepCopy();
        ArrayNode versions = copy.putArray("versions");
        for (JsonNode version : details.path("versions")) {
            if (ViewsController.mayRead(request, version.path("view").asText())) {
                versions.add(version);
            }
        }
        return copy;
    }

    @Get("/activity")
    HttpResponse<?> activity(HttpRequest<?> request) {
        QueryParameters parameters = QueryParameters.of(request, HttpParameter.OF_ACTIVITY);
        Catalog catalog = lookup.catalog(request);
        Optional<String> only = parameters.text(HttpParameter.VIEW);
        Stream<ViewVersion> versions = only.isPresent()
                ? lookup.versions(catalog, only.get()).stream()
                        .filter(version -> version.phase().isRun())
                : catalog.views().stream().flatMap(view -> catalog.active(view).stream());
        ObjectNode json = NODES.objectNode().put("stepSeconds", FleetActivity.STEP.toSeconds());
        ArrayNode series = json.putArray("series");
        versions.filter(version -> ViewsController.mayRead(request, version.id().view()))
                .forEach(version -> series.add(series(version.id())));
        return HttpResponse.ok(json);
    }

    /** The caller and their roles, by which a page decides what it offers. */
    @Get("/caller")
    HttpResponse<?> caller(HttpRequest<?> request) {
        var _ = QueryParameters.none(request);
        Caller caller = RequestAuthorizer.callerOf(request);
        ObjectNode json = NODES.objectNode().put("name", caller.name());
        ArrayNode roles = json.putArray("roles");
        caller.grants()
                .forEach(grant -> roles.addObject()
                        .put("role", grant.role().name().toLowerCase(Locale.ROOT))
                        .put("view", grant.view().orElse(null)));
        return HttpResponse.ok(json);
    }

    private ObjectNode series(VersionId version) {
        List<FleetActivity.Point> points = instance.get().activity().history(version);
        ObjectNode json = NODES.objectNode().put("view", version.view()).put("version", version.number());
        ArrayNode at = json.putArray("at");
        ArrayNode read = json.putArray("readPerSecond");
        ArrayNode written = json.putArray("writtenPerSecond");
        ArrayNode deadLetters = json.putArray("deadLetters");
        ArrayNode lag = json.putArray("lag");
        for (FleetActivity.Point point : points) {
            at.add(Instant.ofEpochSecond(point.at().getEpochSecond()).toString());
            read.add(rounded(point.readPerSecond()));
            written.add(rounded(point.writtenPerSecond()));
            deadLetters.add(point.deadLetters());
            lag.add(point.lag().orElse(null));
        }
        return json;
    }

    /** A rate as people read it; it changes less often, too. */
    static double rounded(double rate) {
        return Math.round(rate * 10) / 10.0;
    }

    @Get("/views/{view}/topology")
    HttpResponse<?> topology(HttpRequest<?> request, String view) {
        QueryParameters parameters = QueryParameters.of(request, List.of(HttpParameter.VERSION));
        Catalog catalog = lookup.catalog(request);
        ViewVersion version = lookup.version(catalog, view, parameters.text(HttpParameter.VERSION));
        RunningInstance running = instance.get();
        List<String> addresses = running.fleet().stream()
                .filter(report -> Fleet.of(report, version.id()).isPresent())
                .map(InstanceReport::getAdvertised)
                .toList();
        Map<String, Answer> answers = ask(
                addresses,
                InternalController.TOPOLOGY + "?view=" + view + "&version="
                        + version.id().number(),
                () -> here.topology(running, version.id()));
        List<JsonNode> parts = answers.values().stream()
                .flatMap(answer -> answer.json().stream())
                .filter(answer -> !answer.path("nodes").isEmpty())
                .toList();
        if (parts.isEmpty()) {
            throw ProblemException.unavailable("No instance that runs " + version.id() + " answers");
        }
        ObjectNode json = TopologyJson.merged(parts);
        ArrayNode missing = json.putArray("missing");
        answers.forEach((address, answer) -> answer.failure().ifPresent(_ -> missing.add(address)));
        return VersionLookup.answer(catalog, version, Duration.ZERO, json);
    }

    /** Asks instances at the same time; this one without a request. */
    private Map<String, Answer> ask(List<String> addresses, String path, Supplier<ObjectNode> own) {
        String self = instance.get().advertised();
        var answers = new LinkedHashMap<String, Answer>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var asked = new LinkedHashMap<String, Future<JsonNode>>();
            addresses.forEach(address -> asked.put(
                    address, threads.submit(() -> address.equals(self) ? own.get() : client.get(address, path))));
            asked.forEach((address, answer) -> answers.put(address, await(answer)));
        }
        return answers;
    }

    private static Answer await(Future<JsonNode> answer) {
        try {
            return new Answer(Optional.of(answer.get()), Optional.empty());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException || e.getCause() instanceof ProblemException) {
                return new Answer(
                        Optional.empty(),
                        Optional.of("No answer: " + e.getCause().getMessage()));
            }
            throw new IllegalStateException(e.getCause());
        }
    }
}
