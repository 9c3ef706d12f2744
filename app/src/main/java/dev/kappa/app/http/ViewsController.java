package dev.kappa.app.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.app.security.Role;
import dev.kappa.reprocessing.catalog.Catalog;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;

/** Lists views, their versions and their state. */
@Controller("/api/v1/views")
@ExecuteOn(TaskExecutors.BLOCKING)
final class ViewsController {

    private final VersionLookup lookup;
    private final ViewJson json;

    ViewsController(VersionLookup lookup, ViewJson json) {
        this.lookup = lookup;
        this.json = json;
    }

    /** Whether the caller of a request may read a view. */
    static boolean mayRead(HttpRequest<?> request, String view) {
        return RequestAuthorizer.callerOf(request).may(Role.READER, view);
    }

    @Get
    HttpResponse<?> views(HttpRequest<?> request) {
        var _ = QueryParameters.none(request);
        Catalog catalog = lookup.catalog(request);
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        ArrayNode views = answer.putArray("views");
        catalog.views().stream()
                .filter(view -> mayRead(request, view))
                .forEach(view -> views.add(json.summary(catalog, view)));
        answer.putNull("nextCursor");
        return answer(catalog, answer);
    }

    @Get("/{view}")
    HttpResponse<?> view(HttpRequest<?> request, String view) {
        var _ = QueryParameters.none(request);
        Catalog catalog = lookup.catalog(request);
        return answer(catalog, json.view(catalog, view));
    }

    @Get("/{view}/versions")
    HttpResponse<?> versions(HttpRequest<?> request, String view) {
        var _ = QueryParameters.none(request);
        Catalog catalog = lookup.catalog(request);
        return answer(catalog, json.versions(catalog, view));
    }

    private static HttpResponse<?> answer(Catalog catalog, ObjectNode json) {
        return HttpResponse.ok(json).header(VersionLookup.EPOCH_HEADER, String.valueOf(catalog.epoch()));
    }
}
