package dev.kappa.app.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.app.instance.CurrentInstance;
import dev.kappa.app.instance.RunningInstance;
import dev.kappa.app.query.ConcurrencyLimit;
import dev.kappa.app.query.PartialResult;
import dev.kappa.app.query.SplitKeyException;
import dev.kappa.app.query.StoreQueries;
import dev.kappa.app.query.StoreQuery;
import dev.kappa.app.security.Role;
import dev.kappa.app.version.VersionRunner;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.topologies.Store;
import dev.kappa.topologies.Windows;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.avro.specific.SpecificRecord;

/**
 * Queries of the views' stores. Any instance answers for the whole fleet.
 */
@Controller
@ExecuteOn(TaskExecutors.BLOCKING)
final class StoresController {

    private static final String API = "/api/v1/views/{view}/stores/{store}";
    private static final Instant LATEST = Instant.ofEpochMilli(Long.MAX_VALUE);

    /** As many as the other instance answers at once. */
    private static final int MAX_FORWARDS = 64;

    private final ConcurrencyLimit forwards =
            new ConcurrencyLimit(MAX_FORWARDS, "This instance already forwards " + MAX_FORWARDS + " lists or waits");
    private final VersionLookup lookup;
    private final CurrentInstance instance;
    private final FleetClient client;
    private final InstantSource clock = InstantSource.system();

    StoresController(VersionLookup lookup, CurrentInstance instance, FleetClient client) {
        this.lookup = lookup;
        this.instance = instance;
        this.client = client;
    }

    /**
     * Any of the queries below, with its parameters in a JSON object: for keys and cursors that are too long for an address, or
     * that an address cannot hold, such as {@code ..}.
     */
    @Post(API + "/query")
    @RequiresRole(Role.READER)
    HttpResponse<?> query(HttpRequest<?> request, String view, String store, @Body ObjectNode body) {
        boolean hasKey = body.has(HttpParameter.KEY.name());
        StoreQueryKind kind = switch (body.path(HttpParameter.GET.name()).asText()) {
            case "entries" -> hasKey ? StoreQueryKind.ENTRY : StoreQueryKind.ENTRIES;
            case "windows" -> hasKey ? StoreQueryKind.WINDOWS_OF_KEY : StoreQueryKind.WINDOWS;
            case "top" -> StoreQueryKind.TOP;
            default ->
                throw ProblemException.badParameter(HttpParameter.GET.name(), "expected entries, windows or top");
        };
        return route(request, Optional.of(body), QueryParameters.of(body, kind.parametersInBody()), view, store, kind);
    }

    private HttpResponse<?> get(HttpRequest<?> request, String view, String store, StoreQueryKind kind) {
        return route(request, Optional.empty(), QueryParameters.of(request, kind.parameters()), view, store, kind);
    }

    @Get(API + "/entries/{key:[^/]+}")
    HttpResponse<?> entry(HttpRequest<?> request, String view, String store, String key) {
        return get(request, view, store, StoreQueryKind.ENTRY);
    }

    private <K, V extends SpecificRecord> HttpResponse<?> entry(StoreRequest<K, V> asked) {
        QueryParameters parameters = asked.parameters();
        Optional<Instant> asOf = parameters.instant(HttpParameter.AS_OF);
        if (asOf.isPresent() && asked.store().history().isEmpty()) {
            throw ProblemException.badParameter(
                    "asOf", "store " + asked.store().name() + " keeps the latest values only");
        }
        String key = key(asked);
        return readFleet(
                asked,
                new StoreQuery.Entry<>(asked.key(key), asOf),
                part -> part.items().stream()
                        .findFirst()
                        .map(PartialResult.Item::json)
                        .orElseThrow(() -> ProblemException.notFound(
                                        "unknown-key",
                                        "Store " + asked.store().name() + " of "
                                                + asked.version().id() + " has no key " + key
                                                + asOf.map(time -> " as of " + time)
                                                        .orElse(""))
                                .with(VersionLookup.headers(asked.catalog(), asked.version(), part.staleness()))));
    }

    @Get(API + "/entries")
    HttpResponse<?> entries(HttpRequest<?> request, String view, String store) {
        return get(request, view, store, isOfEmptyKey(request) ? StoreQueryKind.ENTRY : StoreQueryKind.ENTRIES);
    }

    private <K, V extends SpecificRecord> HttpResponse<?> entries(StoreRequest<K, V> asked) {
        QueryParameters parameters = asked.parameters();
        String list = "entries";
        // A key that is no text has no beginning that is a key.
        asked.keyOf(HttpParameter.PREFIX);
        var query = new StoreQuery.Entries<K>(
                asked.keyOf(HttpParameter.FROM_KEY),
                asked.keyOf(HttpParameter.TO_KEY),
                parameters.text(HttpParameter.PREFIX),
                asked.cursor(list),
                parameters.number(HttpParameter.LIMIT));
        return readFleet(asked, query, part -> QueryResultJson.page(list, part, asked.scope(list)));
    }

    @Get(API + "/windows/{key:[^/]+}")
    HttpResponse<?> windowsOfKey(HttpRequest<?> request, String view, String store, String key) {
        return get(request, view, store, StoreQueryKind.WINDOWS_OF_KEY);
    }

    private <K, V extends SpecificRecord> HttpResponse<?> windowsOfKey(StoreRequest<K, V> asked) {
        QueryParameters parameters = asked.parameters();
        String key = key(asked);
        String list = "windows/" + key;
        Instant from = parameters.instant(HttpParameter.FROM).orElse(Instant.EPOCH);
        var query = new StoreQuery.WindowsOfKey<K>(
                asked.key(key),
                from,
                end(parameters, from),
                asked.cursor(list),
                parameters.number(HttpParameter.LIMIT));
        return readFleet(asked, query, part -> QueryResultJson.page("windows", part, asked.scope(list)));
    }

    @Get(API + "/windows")
    HttpResponse<?> windows(HttpRequest<?> request, String view, String store) {
        return get(
                request, view, store, isOfEmptyKey(request) ? StoreQueryKind.WINDOWS_OF_KEY : StoreQueryKind.WINDOWS);
    }

    private <K, V extends SpecificRecord> HttpResponse<?> windows(StoreRequest<K, V> asked) {
        QueryParameters parameters = asked.parameters();
        String list = "windows";
        Instant from = parameters.instant(HttpParameter.FROM).orElse(Instant.EPOCH);
        var query = new StoreQuery.Windows<K>(
                from, end(parameters, from), asked.cursor(list), parameters.number(HttpParameter.LIMIT));
        return readFleet(asked, query, part -> QueryResultJson.page(list, part, asked.scope(list)));
    }

    @Get(API + "/top")
    HttpResponse<?> top(HttpRequest<?> request, String view, String store) {
        return get(request, view, store, StoreQueryKind.TOP);
    }

    private <K, V extends SpecificRecord> HttpResponse<?> top(StoreRequest<K, V> asked) {
        QueryParameters parameters = asked.parameters();
        Instant at = parameters.instant(HttpParameter.AT).orElseGet(clock::instant);
        Windows windows = asked.store().windows().orElseThrow();
        var values = asked.runner().version().parameters();
        long advance = values.get(windows.advance()).toMillis();
        Instant start = Instant.ofEpochMilli(Math.floorDiv(at.toEpochMilli(), advance) * advance);
        Instant end = start.plus(values.get(windows.size()));
        var query = new StoreQuery.Top<K>(start, parameters.number(HttpParameter.TOP));
        return readFleet(asked, query, part -> QueryResultJson.top(start, end, part));
    }

    private HttpResponse<?> route(
            HttpRequest<?> request,
            Optional<ObjectNode> body,
            QueryParameters parameters,
            String view,
            String storeName,
            StoreQueryKind kind) {
        Catalog catalog = lookup.catalog(request);
        ViewVersion version = lookup.version(catalog, view, parameters.text(HttpParameter.VERSION));
        RunningInstance running = instance.get();
        if (running.versions().runner(version.id()).isEmpty()
                && !request.getHeaders().contains(FleetClient.FORWARDED)) {
            Duration wait = StoreRequest.maxWait(parameters);
            Supplier<Optional<HttpResponse<?>>> forwarding = () -> running.queries()
                    .forward(version.id(), other -> client.forward(request, body, other, catalog.epoch(), wait));
            // The other instance does not know whose share it is.
            boolean isLong = kind != StoreQueryKind.ENTRY
                    || !parameters.positions(HttpParameter.MIN_POSITION).isEmpty();
            Optional<HttpResponse<?>> forwarded =
                    isLong ? forwards.during(RequestAuthorizer.shareOf(request), forwarding) : forwarding.get();
            if (forwarded.isPresent()) {
                return forwarded.get();
            }
        }
        VersionRunner runner = lookup.runner(version.id());
        Store<?, ?> store = lookup.store(runner, storeName, kind.stores());
        return dispatch(kind, asked(request, body, parameters, catalog, version, runner, store));
    }

    private HttpResponse<?> dispatch(StoreQueryKind kind, StoreRequest<?, ?> asked) {
        return switch (kind) {
            case ENTRY -> entry(asked);
            case ENTRIES -> entries(asked);
            case WINDOWS_OF_KEY -> windowsOfKey(asked);
            case WINDOWS -> windows(asked);
            case TOP -> top(asked);
        };
    }

    private static <K, V extends SpecificRecord> StoreRequest<K, V> asked(
            HttpRequest<?> request,
            Optional<ObjectNode> body,
            QueryParameters parameters,
            Catalog catalog,
            ViewVersion version,
            VersionRunner runner,
            Store<K, V> store) {
        return new StoreRequest<>(request, parameters, catalog, version, runner, store, body);
    }

    /** The answer of the fleet, in a shape of its own. */
    private <K, V extends SpecificRecord> HttpResponse<?> readFleet(
            StoreRequest<K, V> asked, StoreQuery<K> query, Function<PartialResult, JsonNode> shape) {
        PartialResult result;
        try {
            result = instance.get()
                    .queries()
                    .read(asked.version(), asked.runner(), asked.store(), query, asked.options());
        } catch (StoreQueries.NotAnInputException e) {
            throw ProblemException.badParameter(HttpParameter.MIN_POSITION.name(), String.valueOf(e.getMessage()));
        } catch (StoreQueries.PositionNotReachedException e) {
            throw ProblemException.notReached(String.valueOf(e.getMessage()))
                    .with(VersionLookup.headers(asked.catalog(), asked.version(), Duration.ZERO));
        } catch (StoreQueries.PartitionsUnavailableException e) {
            throw ProblemException.unavailable(String.valueOf(e.getMessage()))
                    .with(VersionLookup.headers(
                            asked.catalog(), asked.version(), e.result().staleness()));
        } catch (SplitKeyException e) {
            throw ProblemException.splitKey("The key has results on several partitions of store "
                            + asked.store().name() + " of " + asked.version().id()
                            + ": producers of an input choose partitions differently. Key the input by its field in a new"
                            + " version; kappa views says how.")
                    .with(VersionLookup.headers(asked.catalog(), asked.version(), Duration.ZERO));
        }
        return VersionLookup.answer(asked.catalog(), asked.version(), result.staleness(), shape.apply(result));
    }

    private static String key(StoreRequest<?, ?> asked) {
        return asked.body().isPresent()
                ? asked.parameters().text(HttpParameter.KEY).orElse("")
                : keyInPath(asked.request());
    }

    /** A slash at the end begins a key, which is empty. The router takes it for nothing. */
    private static boolean isOfEmptyKey(HttpRequest<?> request) {
        return request.getUri().getRawPath().endsWith("/");
    }

    /** The framework takes a plus sign in a path for a space, which it is in a query only. */
    private static String keyInPath(HttpRequest<?> request) {
        String path = request.getUri().getRawPath();
        if (path.endsWith("/entries/") || path.endsWith("/windows/")) {
            return "";
        }
        // The router takes a slash at the end for nothing.
        path = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        String segment = path.substring(path.lastIndexOf('/') + 1);
        return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** The range is half-open, as windows are; when both ends are the same instant, the windows that start then. */
    private static Instant end(QueryParameters parameters, Instant from) {
        Instant to = parameters.instant(HttpParameter.TO).orElse(LATEST);
        if (to.isBefore(from)) {
            throw ProblemException.badParameter("to", to + " is before from, " + from);
        }
        return to.equals(from) ? from.plusMillis(1) : to;
    }
}
