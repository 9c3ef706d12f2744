package dev.kappa.app.http;

import dev.kappa.app.security.Role;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;

/** The metrics, in Prometheus' text format. */
@Controller
@ExecuteOn(TaskExecutors.BLOCKING)
final class MetricsController {

    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

    private final PrometheusMeterRegistry registry;

    MetricsController(PrometheusMeterRegistry registry) {
        this.registry = registry;
    }

    @Get(
            uris = {"/metrics", "/prometheus"},
            produces = TEXT)
    @RequiresRole(value = Role.READER, ofAllViews = true)
    String metrics(HttpRequest<?> request) {
        return registry.scrape();
    }
}
