package dev.kappa.app.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.app.instance.CurrentInstance;
import dev.kappa.app.query.ConcurrencyLimit;
import dev.kappa.reprocessing.catalog.Catalog;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Produces;
import io.micronaut.runtime.graceful.GracefulShutdownCapable;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The state of views as it changes, as server-sent events: what the console shows. Any instance answers for the whole fleet. */
@Controller
@ExecuteOn(TaskExecutors.BLOCKING)
final class ViewEventsController implements GracefulShutdownCapable {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final int MAX_STREAMS = 200;
    private static final Duration INTERVAL = Duration.ofSeconds(1);

    /** Instances report as often, and all views are much to send. */
    private static final Duration INTERVAL_OF_ALL = Duration.ofSeconds(2);

    private static final Duration HEARTBEAT = Duration.ofSeconds(10);

    private final RequestAuthorizer access;
    private final VersionLookup lookup;
    private final CurrentInstance instance;
    private final ViewSnapshots snapshots;
    private final ConcurrencyLimit streams = new ConcurrencyLimit(
            MAX_STREAMS, "This instance already has " + MAX_STREAMS + " event streams; use another instance");
    private volatile boolean stopping;

    ViewEventsController(
            RequestAuthorizer access, VersionLookup lookup, CurrentInstance instance, ViewSnapshots snapshots) {
        this.access = access;
        this.lookup = lookup;
        this.instance = instance;
        this.snapshots = snapshots;
    }

    /** Streams end, of which none would by itself. */
    @Override
    public CompletionStage<?> shutdownGracefully() {
        stopping = true;
        return CompletableFuture.completedStage(null);
    }

    /** The state of all views that the caller may read. */
    @Get(uri = "/api/v1/events", headRoute = false)
    @Produces({MediaType.TEXT_EVENT_STREAM, MediaType.APPLICATION_JSON})
    HttpResponse<?> events(HttpRequest<?> request) {
        var _ = QueryParameters.none(request);
        return stream(request, Optional.empty());
    }

    /** The state of one view, with its versions and their progress. */
    @Get(uri = "/api/v1/views/{view}/events", headRoute = false)
    @Produces({MediaType.TEXT_EVENT_STREAM, MediaType.APPLICATION_JSON})
    HttpResponse<?> events(HttpRequest<?> request, String view) {
        var _ = QueryParameters.none(request);
        lookup.versions(instance.get().catalog(), view);
        return stream(request, Optional.of(view));
    }

    private HttpResponse<?> stream(HttpRequest<?> request, Optional<String> view) {
        var events = new Events(request, view);
        ConcurrencyLimit.Permit permit = EventStream.permit(streams, request);
        return HttpResponse.ok(new EventStream(events, permit::close))
                .contentType(MediaType.TEXT_EVENT_STREAM_TYPE)
                .header(HttpHeaders.CACHE_CONTROL, "no-cache");
    }

    /** Sends what differs from what was sent last. */
    private final class Events implements EventStream.Source {
        private final HttpRequest<?> request;
        private final Optional<String> only;
        private final Map<String, JsonNode> sent = new HashMap<>();
        private @Nullable JsonNode sentVersions;
        private boolean begun;
        private long saidAt = System.nanoTime();
        private long checkedAt = System.nanoTime();

        Events(HttpRequest<?> request, Optional<String> only) {
            this.request = request;
            this.only = only;
        }

        @Override
        public String next() throws InterruptedException {
            if (begun) {
                Thread.sleep(only.isPresent() ? INTERVAL : INTERVAL_OF_ALL);
            }
            if (stopping) {
                throw new InterruptedException("The instance stops");
            }
            long now = System.nanoTime();
            if (now - checkedAt > HEARTBEAT.toNanos()) {
                access.checkAgain(request);
                checkedAt = now;
            }
            var text = new StringBuilder();
            Catalog catalog = instance.get().catalog();
            views(catalog).ifPresent(changed -> append(text, "views", changed));
            only.flatMap(this::versions).ifPresent(changed -> append(text, "versions", changed));
            begun = true;
            if (!text.isEmpty()) {
                saidAt = now;
            } else if (now - saidAt > HEARTBEAT.toNanos()) {
                saidAt = now;
                text.append(": \n\n");
            }
            return text.toString();
        }

        /** The views that have changed, and the names of those that are gone; empty if there are none. */
        private Optional<ObjectNode> views(Catalog catalog) {
            Map<String, ViewSnapshots.State> now = snapshots.summaries(catalog);
            ObjectNode event = NODES.objectNode().put("epoch", catalog.epoch());
            ArrayNode changed = event.putArray("views");
            now.forEach((view, summary) -> {
                if (only.filter(one -> !one.equals(view)).isEmpty() && ViewsController.mayRead(request, view)) {
                    if (!summary.settled().equals(sent.put(view, summary.settled()))) {
                        changed.add(summary.json());
                    }
                }
            });
            ArrayNode removed = event.putArray("removed");
            sent.keySet().stream()
                    .filter(view -> !now.containsKey(view))
                    .sorted()
                    .toList()
                    .forEach(view -> {
                        sent.remove(view);
                        removed.add(view);
                    });
            return begun && changed.isEmpty() && removed.isEmpty() ? Optional.empty() : Optional.of(event);
        }

        private Optional<JsonNode> versions(String view) {
            Optional<ViewSnapshots.State> now = snapshots
                    .versions(view)
                    .filter(versions -> !versions.settled().equals(sentVersions));
            now.ifPresent(versions -> sentVersions = versions.settled());
            return now.map(ViewSnapshots.State::json);
        }

        private static void append(StringBuilder text, String name, JsonNode data) {
            text.append("event: ").append(name).append("\ndata: ").append(data).append("\n\n");
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }
}
