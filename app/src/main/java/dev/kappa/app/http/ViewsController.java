package dev.kappa.app.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import dev.kappa.app.runtime.Instance;
import dev.kappa.app.runtime.VersionRunner;
import dev.kappa.reprocessing.ClusterNames;
import dev.kappa.reprocessing.ViewVersion;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.Parameter;
import dev.kappa.topologies.Store;
import dev.kappa.topologies.ViewDefinition;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.time.Duration;
import java.util.Optional;

/** What views there are and how they are doing. */
@Controller("/api/views")
@ExecuteOn(TaskExecutors.BLOCKING)
final class ViewsController {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final VersionLookup lookup;
    private final Instance instance;
    private final ClusterNames names;

    ViewsController(VersionLookup lookup, Instance instance, ClusterNames names) {
        this.lookup = lookup;
        this.instance = instance;
        this.names = names;
    }

    @Get
    HttpResponse<?> views(HttpRequest<?> request) {
        QueryParameters.of(request);
        ObjectNode json = NODES.objectNode();
        ArrayNode views = json.putArray("views");
        lookup.catalog().views().forEach(view -> views.add(summary(view)));
        json.putNull("next");
        return HttpResponse.ok(json)
                .header("Kappa-Epoch", String.valueOf(lookup.catalog().epoch()));
    }

    @Get("/{view}")
    HttpResponse<?> view(HttpRequest<?> request, String view) {
        QueryParameters.of(request);
        ViewDefinition definition = lookup.versions(view).getLast().definition();
        ObjectNode json = summary(view);
        ArrayNode inputs = json.putArray("inputs");
        for (Input<?> input : definition.inputs()) {
            inputs.addObject()
                    .put("topic", input.topic())
                    .put("role", input.role() == Input.Role.TABLE ? "table" : "stream");
        }
        ArrayNode parameters = json.putArray("parameters");
        definition.parameters().forEach(parameter -> parameters.add(parameter(parameter)));
        ArrayNode stores = json.putArray("stores");
        definition.stores().forEach(store -> stores.add(store(store)));
        json.put("deadLetterTopic", names.deadLetterTopic(view));
        return HttpResponse.ok(json)
                .header("Kappa-Epoch", String.valueOf(lookup.catalog().epoch()));
    }

    private ObjectNode summary(String view) {
        ObjectNode json = NODES.objectNode();
        json.put("name", view);
        json.put("description", lookup.versions(view).getLast().definition().description());
        Optional<ViewVersion> active = lookup.catalog().active(view);
        json.put("activeVersion", active.map(version -> version.id().number()).orElse(null));
        json.put("phase", active.map(version -> version.phase().name()).orElse(null));
        json.put(
                "freshnessMs",
                active.flatMap(this::freshness).map(Duration::toMillis).orElse(null));
        ArrayNode versions = json.putArray("versions");
        lookup.versions(view).forEach(version -> versions.add(version(version)));
        return json;
    }

    private ObjectNode version(ViewVersion version) {
        Optional<VersionRunner> runner = instance.runner(version);
        ObjectNode json = NODES.objectNode();
        json.put("version", version.id().number());
        json.put("phase", version.phase().name());
        json.put("state", runner.map(running -> running.state().name()).orElse("STARTING"));
        json.put("revision", version.definition().revision());
        json.put("freshnessMs", freshness(version).map(Duration::toMillis).orElse(null));
        json.put("lag", runner.flatMap(VersionRunner::lag).orElse(null));
        json.put("applicationId", names.applicationId(version.id()));
        json.put("outputTopic", names.outputTopic(version.id()));
        ObjectNode parameters = json.putObject("parameters");
        version.parameters().asText().forEach(parameters::put);
        return json;
    }

    private Optional<Duration> freshness(ViewVersion version) {
        return instance.runner(version).flatMap(VersionRunner::freshness);
    }

    private static <T> ObjectNode parameter(Parameter<T> parameter) {
        return NODES.objectNode()
                .put("name", parameter.name())
                .put("description", parameter.description())
                .put("type", parameter.type())
                .put("default", parameter.formatter().apply(parameter.defaultValue()))
                .put("limit", parameter.limitDescription());
    }

    private static ObjectNode store(Store<?, ?> store) {
        ObjectNode json = NODES.objectNode()
                .put("name", store.name())
                .put("kind", store.kind().text());
        json.putRawValue("keyType", new RawValue(store.key().schema().toString()));
        json.putRawValue("valueType", new RawValue(store.valueSchema().toString()));
        return json;
    }
}
