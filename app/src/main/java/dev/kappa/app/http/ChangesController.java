package dev.kappa.app.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.app.instance.CurrentInstance;
import dev.kappa.app.query.ConcurrencyLimit;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.reader.ChangeFeed;
import dev.kappa.reprocessing.reader.ChangeFeed.Subject;
import dev.kappa.reprocessing.reader.FeedPlace;
import dev.kappa.results.WindowedKey;
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
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.avro.Schema;

/**
 * Results as they change, as server-sent events.
 *
 * @see <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html">Server-sent events</a>
 */
@Controller
@ExecuteOn(TaskExecutors.BLOCKING)
final class ChangesController implements GracefulShutdownCapable {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final String LAST_EVENT_ID = "Last-Event-ID";
    private static final String PATH = "/api/v1/views/{view}/changes";

    /** Each holds a consumer, and a mebibyte of what it has fetched. */
    private static final int MAX_STREAMS = 100;

    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration HEARTBEAT = Duration.ofSeconds(10);

    private final RequestAuthorizer access;
    private final VersionLookup lookup;
    private final CurrentInstance instance;
    private final ConcurrencyLimit streams = new ConcurrencyLimit(
            MAX_STREAMS, "This instance already has " + MAX_STREAMS + " change streams; use another instance");
    private volatile boolean stopping;

    ChangesController(RequestAuthorizer access, VersionLookup lookup, CurrentInstance instance) {
        this.access = access;
        this.lookup = lookup;
        this.instance = instance;
    }

    /** Streams end, of which none would by itself. */
    @Override
    public CompletionStage<?> shutdownGracefully() {
        stopping = true;
        return CompletableFuture.completedStage(null);
    }

    /** Which changes a client wants. */
    private record Filter(Optional<String> key, Optional<Instant> from, Optional<Instant> to) {
        boolean accepts(JsonNode plainKey, Optional<Instant> start) {
            return key.filter(wanted -> !wanted.equals(plainKey.asText())).isEmpty()
                    && start.filter(at -> from.filter(at::isBefore).isPresent()
                                    || to.filter(end -> !at.isBefore(end)).isPresent())
                            .isEmpty();
        }
    }

    /** Not for HEAD, whose answer would be made and never sent. */
    @Get(uri = PATH, headRoute = false)
    @Produces({MediaType.TEXT_EVENT_STREAM, MediaType.APPLICATION_JSON})
    HttpResponse<?> changes(HttpRequest<?> request, String view) {
        QueryParameters parameters = QueryParameters.of(request, HttpParameter.OF_CHANGES);
        Optional<FeedPlace> resume = Optional.ofNullable(request.getHeaders().get(LAST_EVENT_ID))
                .filter(id -> !id.isBlank())
                .map(id -> FeedPlace.decode(id)
                        .orElseThrow(() -> ProblemException.badParameter(
                                LAST_EVENT_ID, "not the id of an event that was sent before; got \"" + id + "\"")));
        Catalog catalog = resume.isPresent() ? lookup.catalog(resume.get().epoch()) : lookup.catalog(request);
        ViewVersion version = lookup.version(catalog, view, parameters.text(HttpParameter.VERSION));
        var filter = new Filter(
                parameters.text(HttpParameter.KEY),
                parameters.instant(HttpParameter.FROM),
                parameters.instant(HttpParameter.TO));
        boolean windowed = isWindowed(version);
        if (!windowed && (filter.from().isPresent() || filter.to().isPresent())) {
            throw ProblemException.badParameter(
                    filter.from().isPresent() ? "from" : "to", "results of " + view + " have no windows");
        }
        var subject = new Subject(
                view,
                parameters.text(HttpParameter.VERSION).map(_ -> version.id().number()),
                resume,
                parameters.flag(HttpParameter.SNAPSHOT));
        ConcurrencyLimit.Permit permit = EventStream.permit(streams, request);
        ChangeFeed feed;
        try {
            feed = instance.get().changes().apply(subject);
        } catch (RuntimeException e) {
            permit.close();
            throw e;
        }
        return VersionLookup.answer(
                        catalog,
                        version,
                        Duration.ZERO,
                        new EventStream(new Events(request, feed, filter), permit::close))
                .contentType(MediaType.TEXT_EVENT_STREAM_TYPE)
                .header(HttpHeaders.CACHE_CONTROL, "no-cache");
    }

    private static boolean isWindowed(ViewVersion version) {
        return new Schema.Parser()
                .parse(version.blueprint().outputKeySchema())
                .getFullName()
                .equals(WindowedKey.class.getName());
    }

    /** A feed as event stream. */
    private final class Events implements EventStream.Source {
        private final HttpRequest<?> request;
        private final ChangeFeed feed;
        private final Filter filter;
        private boolean begun;
        private long saidAt = System.nanoTime();
        private long checkedAt = System.nanoTime();

        Events(HttpRequest<?> request, ChangeFeed feed, Filter filter) {
            this.request = request;
            this.feed = feed;
            this.filter = filter;
        }

        @Override
        public String next() throws InterruptedException {
            if (stopping) {
                throw new InterruptedException("The instance stops");
            }
            long now = System.nanoTime();
            if (now - checkedAt > HEARTBEAT.toNanos()) {
                access.checkAgain(request);
                checkedAt = now;
            }
            var text = new StringBuilder();
            if (!begun) {
                text.append("retry: 1000\n\n");
            }
            // A switch comes before the first id, or a client that is cut off here would never hear of it.
            feed.poll(begun ? POLL : Duration.ZERO).forEach(event -> append(text, event));
            if (!begun || (text.isEmpty() && now - saidAt > HEARTBEAT.toNanos())) {
                // A client that comes back before the first change loses nothing either.
                heartbeat(text);
            }
            begun = true;
            if (!text.isEmpty()) {
                saidAt = now;
            }
            return text.toString();
        }

        /** Tells nothing, but where the feed is. */
        private void heartbeat(StringBuilder text) {
            text.append(": \nid: ").append(feed.place().encode()).append("\n\n");
        }

        private void append(StringBuilder text, ChangeFeed.Event event) {
            switch (event) {
                case ChangeFeed.Switched switched ->
                    append(
                            text,
                            event,
                            "switch",
                            NODES.objectNode()
                                    .put("from", switched.before())
                                    .put("to", switched.after())
                                    .put("epoch", event.place().epoch()));
                case ChangeFeed.Change change -> {
                    JsonNode key = change.key();
                    ObjectNode json = NODES.objectNode();
                    Optional<Instant> start = Optional.empty();
                    if (key.isObject() && key.has("start")) {
                        json.set("key", key.path("key"));
                        json.set("start", key.path("start"));
                        json.set("end", key.path("end"));
                        start = Optional.of(Instant.parse(key.path("start").asText()));
                    } else {
                        json.set("key", key);
                    }
                    json.set("value", change.value() == null ? NODES.nullNode() : change.value());
                    json.put("timestamp", change.time().toString());
                    if (filter.accepts(json.path("key"), start)) {
                        append(text, event, "change", json);
                    }
                }
            }
        }

        private static void append(StringBuilder text, ChangeFeed.Event event, String name, JsonNode data) {
            text.append("id: ")
                    .append(event.place().encode())
                    .append("\nevent: ")
                    .append(name)
                    .append("\ndata: ")
                    .append(data)
                    .append("\n\n");
        }

        @Override
        public void close() {
            feed.close();
        }
    }
}
