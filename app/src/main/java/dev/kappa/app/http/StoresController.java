package dev.kappa.app.http;

import dev.kappa.app.query.Cursor;
import dev.kappa.app.query.StoreReader;
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
import org.apache.avro.specific.SpecificRecord;

/** Queries of the views' stores. */
@Controller("/api/views/{view}/stores/{store}")
@ExecuteOn(TaskExecutors.BLOCKING)
final class StoresController {

    private static final Instant LATEST = Instant.ofEpochMilli(Long.MAX_VALUE);
    private static final int DEFAULT_TOP = 10;
    private static final Set<Store.Kind> WINDOWED = Set.of(Store.Kind.WINDOW, Store.Kind.SESSION);

    private final VersionLookup lookup;
    private final InstantSource clock = InstantSource.system();

    StoresController(VersionLookup lookup) {
        this.lookup = lookup;
    }

    /** A store of the version that a request is answered from. */
    private record Target<K, V extends SpecificRecord>(
            Catalog catalog, ViewVersion version, Store<K, V> store, StoreReader<K, V> reader, String scope) {

        HttpResponse<?> answer(Object body) {
            return VersionLookup.answer(catalog, version, body);
        }

        K key(String text) {
            try {
                return store.key().parse(text);
            } catch (IllegalArgumentException e) {
                throw ProblemException.badParameter("key", String.valueOf(e.getMessage()));
            }
        }

        Optional<K> key(QueryParameters parameters, String name) {
            return parameters.text(name).map(this::key);
        }

        Optional<Cursor> cursor(QueryParameters parameters, String list) {
            return parameters.text("cursor").map(text -> {
                try {
                    return Cursor.decode(text, scope + list);
                } catch (IllegalArgumentException e) {
                    throw ProblemException.badParameter(
                            "cursor", "not one that this list gave as \"next\"; begin again without it");
                }
            });
        }
    }

    /** The framework takes a plus sign in a path for a space, which it is in a query only. */
    private static String keyInPath(HttpRequest<?> request) {
        String path = request.getUri().getRawPath();
        String segment = path.substring(path.lastIndexOf('/') + 1);
        return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private Target<?, ?> target(
            HttpRequest<?> request, QueryParameters parameters, String view, String storeName, Set<Store.Kind> kinds) {
        Catalog catalog = lookup.catalog(request);
        ViewVersion version = lookup.version(catalog, view, parameters.text("version"));
        VersionRunner runner = lookup.runner(version.id());
        return target(catalog, version, runner, lookup.store(runner, storeName, kinds));
    }

    private static <K, V extends SpecificRecord> Target<K, V> target(
            Catalog catalog, ViewVersion version, VersionRunner runner, Store<K, V> store) {
        return new Target<>(
                catalog,
                version,
                store,
                new StoreReader<>(runner, store, runner.partitions(store.name())),
                version.id() + "/" + store.name() + "/");
    }

    @Get("/entries/{key:[^/]+}")
    HttpResponse<?> entry(HttpRequest<?> request, String view, String store, String key) {
        QueryParameters parameters = QueryParameters.of(request, "version", "asOf");
        return entry(
                target(request, parameters, view, store, Set.of(Store.Kind.KEY_VALUE)),
                keyInPath(request),
                parameters.instant("asOf"));
    }

    private <K, V extends SpecificRecord> HttpResponse<?> entry(
            Target<K, V> target, String key, Optional<Instant> asOf) {
        if (asOf.isPresent() && target.store().history().isEmpty()) {
            throw ProblemException.badParameter(
                    "asOf", "store " + target.store().name() + " keeps the latest values only");
        }
        K known = target.key(key);
        return asOf.map(time -> target.reader().entry(known, time))
                .orElseGet(() -> target.reader().entry(known))
                .map(entry -> target.answer(Json.entry(target.store(), entry)))
                .orElseThrow(() -> ProblemException.notFound(
                                "unknown-key",
                                "Store " + target.store().name() + " of "
                                        + target.version().id() + " has no key " + key
                                        + asOf.map(time -> " as of " + time).orElse(""))
                        .with(VersionLookup.headers(target.catalog(), target.version())));
    }

    @Get("/entries")
    HttpResponse<?> entries(HttpRequest<?> request, String view, String store) {
        QueryParameters parameters = QueryParameters.of(request, "from", "to", "prefix", "limit", "cursor", "version");
        return entries(target(request, parameters, view, store, Set.of(Store.Kind.KEY_VALUE)), parameters);
    }

    private <K, V extends SpecificRecord> HttpResponse<?> entries(Target<K, V> target, QueryParameters parameters) {
        var range = new StoreReader.KeyRange<K>(
                target.key(parameters, "from"), target.key(parameters, "to"), parameters.text("prefix"));
        String list = "entries";
        var page = target.reader().entries(range, parameters.limit(), target.cursor(parameters, list));
        return target.answer(
                Json.page("entries", page, target.scope() + list, entry -> Json.entry(target.store(), entry)));
    }

    @Get("/windows/{key:[^/]+}")
    HttpResponse<?> windowsOfKey(HttpRequest<?> request, String view, String store, String key) {
        QueryParameters parameters = QueryParameters.of(request, "from", "to", "limit", "cursor", "version");
        return windowsOfKey(target(request, parameters, view, store, WINDOWED), keyInPath(request), parameters);
    }

    private <K, V extends SpecificRecord> HttpResponse<?> windowsOfKey(
            Target<K, V> target, String key, QueryParameters parameters) {
        Instant from = parameters.instant("from").orElse(Instant.EPOCH);
        String list = "windows/" + key;
        K known = target.key(key);
        Instant to = end(parameters, from);
        int limit = parameters.limit();
        Optional<Cursor> after = target.cursor(parameters, list);
        var page = target.store().kind() == Store.Kind.SESSION
                ? target.reader().sessions(known, from, to, limit, after)
                : target.reader().windows(known, from, to, limit, after);
        return target.answer(
                Json.page("windows", page, target.scope() + list, window -> Json.window(target.store(), window)));
    }

    @Get("/windows")
    HttpResponse<?> windows(HttpRequest<?> request, String view, String store) {
        QueryParameters parameters = QueryParameters.of(request, "from", "to", "limit", "cursor", "version");
        return windows(target(request, parameters, view, store, WINDOWED), parameters);
    }

    private <K, V extends SpecificRecord> HttpResponse<?> windows(Target<K, V> target, QueryParameters parameters) {
        Instant from = parameters.instant("from").orElse(Instant.EPOCH);
        String list = "windows";
        Instant to = end(parameters, from);
        int limit = parameters.limit();
        Optional<Cursor> after = target.cursor(parameters, list);
        var page = target.store().kind() == Store.Kind.SESSION
                ? target.reader().sessions(from, to, limit, after)
                : target.reader().windows(from, to, limit, after);
        return target.answer(
                Json.page("windows", page, target.scope() + list, window -> Json.window(target.store(), window)));
    }

    @Get("/top")
    HttpResponse<?> top(HttpRequest<?> request, String view, String store) {
        QueryParameters parameters = QueryParameters.of(request, "at", "n", "version");
        Target<?, ?> target = target(request, parameters, view, store, Set.of(Store.Kind.WINDOW));
        Instant at = parameters.instant("at").orElseGet(clock::instant);
        int n = parameters.number("n", DEFAULT_TOP, 1, QueryParameters.MAX_LIMIT);
        return target.answer(Json.top(target.store(), target.reader().top(at, n)));
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
