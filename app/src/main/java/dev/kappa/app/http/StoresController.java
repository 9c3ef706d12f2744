package dev.kappa.app.http;

import dev.kappa.app.query.Part;
import dev.kappa.app.query.StoreQuery;
import dev.kappa.app.runtime.Instance;
import dev.kappa.app.runtime.VersionRunner;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.topologies.Store;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecord;

/**
 * Queries of the views' stores. Under {@code /api} any instance answers for the whole fleet; under {@code /internal} instances
 * ask each other for the partitions that one has.
 */
@Controller
@ExecuteOn(TaskExecutors.BLOCKING)
final class StoresController {

    private static final String API = "/api/views/{view}/stores/{store}";
    private static final String INTERNAL = "/internal/views/{view}/stores/{store}";
    private static final Instant LATEST = Instant.ofEpochMilli(Long.MAX_VALUE);
    private static final int DEFAULT_TOP = 10;
    private static final Set<Store.Kind> WINDOWED = Set.of(Store.Kind.WINDOW, Store.Kind.SESSION);

    private final VersionLookup lookup;
    private final Instance instance;
    private final FleetQueries queries;
    private final InstantSource clock = InstantSource.system();

    StoresController(VersionLookup lookup, Instance instance, FleetQueries queries) {
        this.lookup = lookup;
        this.instance = instance;
        this.queries = queries;
    }

    @Get(uris = {API + "/entries/{key:[^/]+}", INTERNAL + "/entries/{key:[^/]+}"})
    HttpResponse<?> entry(HttpRequest<?> request, String view, String store, String key) {
        QueryParameters parameters = StoreRequest.parameters(request, "asOf");
        return answer(request, parameters, view, store, Set.of(Store.Kind.KEY_VALUE), this::entry);
    }

    private <K, V extends SpecificRecord> HttpResponse<?> entry(StoreRequest<K, V> asked) {
        QueryParameters parameters = asked.parameters();
        Optional<Instant> asOf = parameters.instant("asOf");
        if (asOf.isPresent() && asked.store().history().isEmpty()) {
            throw ProblemException.badParameter(
                    "asOf", "store " + asked.store().name() + " keeps the latest values only");
        }
        String key = keyInPath(asked.request());
        return queries.answer(
                asked,
                new StoreQuery.Entry<>(asked.key(key), asOf),
                part -> part.items().stream()
                        .findFirst()
                        .map(Part.Item::json)
                        .orElseThrow(() -> ProblemException.notFound(
                                        "unknown-key",
                                        "Store " + asked.store().name() + " of "
                                                + asked.version().id() + " has no key " + key
                                                + asOf.map(time -> " as of " + time)
                                                        .orElse(""))
                                .with(VersionLookup.headers(asked.catalog(), asked.version(), part.staleness()))));
    }

    @Get(uris = {API + "/entries", INTERNAL + "/entries"})
    HttpResponse<?> entries(HttpRequest<?> request, String view, String store) {
        QueryParameters parameters =
                StoreRequest.parameters(request, "from", "to", "prefix", "limit", "cursor", StoreRequest.PARTIAL);
        return answer(request, parameters, view, store, Set.of(Store.Kind.KEY_VALUE), this::entries);
    }

    private <K, V extends SpecificRecord> HttpResponse<?> entries(StoreRequest<K, V> asked) {
        QueryParameters parameters = asked.parameters();
        String list = "entries";
        var query = new StoreQuery.Entries<K>(
                asked.keyOf("from"),
                asked.keyOf("to"),
                parameters.text("prefix"),
                asked.cursor(list),
                parameters.limit());
        return queries.answer(asked, query, part -> Json.page(list, part, asked.scope(list)));
    }

    @Get(uris = {API + "/windows/{key:[^/]+}", INTERNAL + "/windows/{key:[^/]+}"})
    HttpResponse<?> windowsOfKey(HttpRequest<?> request, String view, String store, String key) {
        QueryParameters parameters = StoreRequest.parameters(request, "from", "to", "limit", "cursor");
        return answer(request, parameters, view, store, WINDOWED, this::windowsOfKey);
    }

    private <K, V extends SpecificRecord> HttpResponse<?> windowsOfKey(StoreRequest<K, V> asked) {
        QueryParameters parameters = asked.parameters();
        String key = keyInPath(asked.request());
        String list = "windows/" + key;
        Instant from = parameters.instant("from").orElse(Instant.EPOCH);
        var query = new StoreQuery.WindowsOfKey<K>(
                asked.key(key), from, end(parameters, from), asked.cursor(list), parameters.limit());
        return queries.answer(asked, query, part -> Json.page("windows", part, asked.scope(list)));
    }

    @Get(uris = {API + "/windows", INTERNAL + "/windows"})
    HttpResponse<?> windows(HttpRequest<?> request, String view, String store) {
        QueryParameters parameters =
                StoreRequest.parameters(request, "from", "to", "limit", "cursor", StoreRequest.PARTIAL);
        return answer(request, parameters, view, store, WINDOWED, this::windows);
    }

    private <K, V extends SpecificRecord> HttpResponse<?> windows(StoreRequest<K, V> asked) {
        QueryParameters parameters = asked.parameters();
        String list = "windows";
        Instant from = parameters.instant("from").orElse(Instant.EPOCH);
        var query = new StoreQuery.Windows<K>(from, end(parameters, from), asked.cursor(list), parameters.limit());
        return queries.answer(asked, query, part -> Json.page(list, part, asked.scope(list)));
    }

    @Get(uris = {API + "/top", INTERNAL + "/top"})
    HttpResponse<?> top(HttpRequest<?> request, String view, String store) {
        QueryParameters parameters = StoreRequest.parameters(request, "at", "n", StoreRequest.PARTIAL);
        return answer(request, parameters, view, store, Set.of(Store.Kind.WINDOW), this::top);
    }

    private <K, V extends SpecificRecord> HttpResponse<?> top(StoreRequest<K, V> asked) {
        QueryParameters parameters = asked.parameters();
        Instant at = parameters.instant("at").orElseGet(clock::instant);
        Store.Windows windows = asked.store().windows().orElseThrow();
        var values = asked.runner().version().parameters();
        long advance = values.get(windows.advance()).toMillis();
        Instant start = Instant.ofEpochMilli(Math.floorDiv(at.toEpochMilli(), advance) * advance);
        Instant end = start.plus(values.get(windows.size()));
        var query = new StoreQuery.Top<K>(start, parameters.number("n", DEFAULT_TOP, 1, QueryParameters.MAX_LIMIT));
        return queries.answer(asked, query, part -> Json.top(start, end, part));
    }

    private HttpResponse<?> answer(
            HttpRequest<?> request,
            QueryParameters parameters,
            String view,
            String storeName,
            Set<Store.Kind> kinds,
            Function<StoreRequest<?, ?>, HttpResponse<?>> ask) {
        Catalog catalog = lookup.catalog(request);
        ViewVersion version = lookup.version(catalog, view, parameters.text("version"));
        Optional<VersionRunner> here = instance.versions().runner(version.id());
        if (here.isEmpty()
                && !Access.isInternal(request)
                && !request.getHeaders().contains(FleetClient.PASSED_ON)) {
            Optional<String> other = lookup.otherThatRuns(version.id());
            if (other.isPresent()) {
                return queries.passOn(request, parameters, other.get(), catalog.epoch());
            }
        }
        VersionRunner runner = lookup.runner(version.id());
        return ask.apply(asked(request, parameters, catalog, version, runner, lookup.store(runner, storeName, kinds)));
    }

    private static <K, V extends SpecificRecord> StoreRequest<K, V> asked(
            HttpRequest<?> request,
            QueryParameters parameters,
            Catalog catalog,
            ViewVersion version,
            VersionRunner runner,
            Store<K, V> store) {
        return new StoreRequest<>(request, parameters, catalog, version, runner, store);
    }

    /** The framework takes a plus sign in a path for a space, which it is in a query only. */
    private static String keyInPath(HttpRequest<?> request) {
        String path = request.getUri().getRawPath();
        // The router takes a slash at the end for nothing.
        path = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        String segment = path.substring(path.lastIndexOf('/') + 1);
        return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** The range is half-open, as windows are; when both ends are the same instant, the windows that start then. */
    private static Instant end(QueryParameters parameters, Instant from) {
        Instant to = parameters.instant("to").orElse(LATEST);
        if (to.isBefore(from)) {
            throw ProblemException.badParameter("to", to + " is before from, " + from);
        }
        return to.equals(from) ? from.plusMillis(1) : to;
    }
}
