package dev.kappa.app.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.app.query.FleetReader;
import dev.kappa.app.query.Part;
import dev.kappa.app.query.Place;
import dev.kappa.app.query.StoreQuery;
import dev.kappa.app.query.StoreReader;
import dev.kappa.app.query.StoreReader.Reading;
import dev.kappa.app.runtime.Instance;
import dev.kappa.app.runtime.VersionRunner;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.topologies.Store;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Queries of the views' stores. Under {@code /api} any instance answers for the whole fleet; under {@code /internal} instances
 * ask each other for the partitions that one has.
 */
@Controller
@ExecuteOn(TaskExecutors.BLOCKING)
final class StoresController {

    private static final String API = "/api/views/{view}/stores/{store}";
    private static final String INTERNAL = "/internal/views/{view}/stores/{store}";
    private static final String INTERNAL_PREFIX = "/internal/";

    private static final String MAX_STALENESS = "max-staleness";
    private static final String PARTITIONS = "partitions";
    private static final String STALE = "stale";
    private static final Pattern AMPERSAND = Pattern.compile("&");

    /** What an internal request says in its own way. */
    private static final List<String> OWN = List.of("version=", MAX_STALENESS + "=", "at=", "partial=");

    private static final Instant LATEST = Instant.ofEpochMilli(Long.MAX_VALUE);
    private static final int DEFAULT_TOP = 10;
    private static final Set<Store.Kind> WINDOWED = Set.of(Store.Kind.WINDOW, Store.Kind.SESSION);

    private final VersionLookup lookup;
    private final Instance instance;
    private final FleetClient fleet;
    private final InstantSource clock = InstantSource.system();

    StoresController(VersionLookup lookup, Instance instance, FleetClient fleet) {
        this.lookup = lookup;
        this.instance = instance;
        this.fleet = fleet;
    }

    @Get(uris = {API + "/entries/{key:[^/]+}", INTERNAL + "/entries/{key:[^/]+}"})
    HttpResponse<?> entry(HttpRequest<?> request, String view, String store, String key) {
        QueryParameters parameters = parameters(request, "asOf");
        return answer(request, parameters, view, store, Set.of(Store.Kind.KEY_VALUE), this::entry);
    }

    private <K, V extends SpecificRecord> HttpResponse<?> entry(Target<K, V> target, QueryParameters parameters) {
        Optional<Instant> asOf = parameters.instant("asOf");
        if (asOf.isPresent() && target.store().history().isEmpty()) {
            throw ProblemException.badParameter(
                    "asOf", "store " + target.store().name() + " keeps the latest values only");
        }
        String key = keyInPath(target.request());
        return target.answer(
                new StoreQuery.Entry<>(target.key(key), asOf),
                part -> part.items().stream()
                        .findFirst()
                        .map(Part.Item::json)
                        .orElseThrow(() -> ProblemException.notFound(
                                        "unknown-key",
                                        "Store " + target.store().name() + " of "
                                                + target.version().id() + " has no key " + key
                                                + asOf.map(time -> " as of " + time)
                                                        .orElse(""))
                                .with(VersionLookup.headers(target.catalog(), target.version(), part.staleness()))));
    }

    @Get(uris = {API + "/entries", INTERNAL + "/entries"})
    HttpResponse<?> entries(HttpRequest<?> request, String view, String store) {
        QueryParameters parameters = parameters(request, "from", "to", "prefix", "limit", "cursor", "partial");
        return answer(request, parameters, view, store, Set.of(Store.Kind.KEY_VALUE), this::entries);
    }

    private <K, V extends SpecificRecord> HttpResponse<?> entries(Target<K, V> target, QueryParameters parameters) {
        String list = "entries";
        var query = new StoreQuery.Entries<K>(
                target.key(parameters, "from"),
                target.key(parameters, "to"),
                parameters.text("prefix"),
                target.cursor(parameters, list),
                parameters.limit());
        return target.answer(query, part -> Json.page(list, part, target.scope(list)));
    }

    @Get(uris = {API + "/windows/{key:[^/]+}", INTERNAL + "/windows/{key:[^/]+}"})
    HttpResponse<?> windowsOfKey(HttpRequest<?> request, String view, String store, String key) {
        QueryParameters parameters = parameters(request, "from", "to", "limit", "cursor");
        return answer(request, parameters, view, store, WINDOWED, this::windowsOfKey);
    }

    private <K, V extends SpecificRecord> HttpResponse<?> windowsOfKey(
            Target<K, V> target, QueryParameters parameters) {
        String key = keyInPath(target.request());
        String list = "windows/" + key;
        Instant from = parameters.instant("from").orElse(Instant.EPOCH);
        var query = new StoreQuery.WindowsOfKey<K>(
                target.key(key), from, end(parameters, from), target.cursor(parameters, list), parameters.limit());
        return target.answer(query, part -> Json.page("windows", part, target.scope(list)));
    }

    @Get(uris = {API + "/windows", INTERNAL + "/windows"})
    HttpResponse<?> windows(HttpRequest<?> request, String view, String store) {
        QueryParameters parameters = parameters(request, "from", "to", "limit", "cursor", "partial");
        return answer(request, parameters, view, store, WINDOWED, this::windows);
    }

    private <K, V extends SpecificRecord> HttpResponse<?> windows(Target<K, V> target, QueryParameters parameters) {
        String list = "windows";
        Instant from = parameters.instant("from").orElse(Instant.EPOCH);
        var query = new StoreQuery.Windows<K>(
                from, end(parameters, from), target.cursor(parameters, list), parameters.limit());
        return target.answer(query, part -> Json.page(list, part, target.scope(list)));
    }

    @Get(uris = {API + "/top", INTERNAL + "/top"})
    HttpResponse<?> top(HttpRequest<?> request, String view, String store) {
        QueryParameters parameters = parameters(request, "at", "n", "partial");
        return answer(request, parameters, view, store, Set.of(Store.Kind.WINDOW), this::top);
    }

    private <K, V extends SpecificRecord> HttpResponse<?> top(Target<K, V> target, QueryParameters parameters) {
        Instant at = parameters.instant("at").orElseGet(clock::instant);
        Store.Windows windows = target.store().windows().orElseThrow();
        var values = target.runner().version().parameters();
        long advance = values.get(windows.advance()).toMillis();
        Instant start = Instant.ofEpochMilli(Math.floorDiv(at.toEpochMilli(), advance) * advance);
        Instant end = start.plus(values.get(windows.size()));
        var query = new StoreQuery.Top<K>(start, parameters.number("n", DEFAULT_TOP, 1, QueryParameters.MAX_LIMIT));
        return target.answer(query, part -> Json.top(start, end, part));
    }

    private static boolean isInternal(HttpRequest<?> request) {
        return request.getUri().getRawPath().startsWith(INTERNAL_PREFIX);
    }

    private static QueryParameters parameters(HttpRequest<?> request, String... own) {
        var known = new TreeSet<>(List.of(own));
        known.addAll(List.of("version", MAX_STALENESS));
        if (isInternal(request)) {
            known.addAll(List.of(PARTITIONS, STALE));
        }
        return QueryParameters.of(request, known);
    }

    private HttpResponse<?> answer(
            HttpRequest<?> request,
            QueryParameters parameters,
            String view,
            String storeName,
            Set<Store.Kind> kinds,
            BiFunction<Target<?, ?>, QueryParameters, HttpResponse<?>> ask) {
        Catalog catalog = lookup.catalog(request);
        ViewVersion version = lookup.version(catalog, view, parameters.text("version"));
        Optional<VersionRunner> here = instance.versions().runner(version.id());
        if (here.isEmpty() && !isInternal(request) && !request.getHeaders().contains(FleetClient.PASSED_ON)) {
            Optional<String> other = lookup.otherThatRuns(version.id());
            if (other.isPresent()) {
                return passOn(request, other.get(), catalog.epoch());
            }
        }
        VersionRunner runner = lookup.runner(version.id());
        return ask.apply(
                target(request, parameters, catalog, version, runner, lookup.store(runner, storeName, kinds)),
                parameters);
    }

    private HttpResponse<?> passOn(HttpRequest<?> request, String other, long epoch) {
        try {
            return fleet.passOn(request, other, epoch);
        } catch (IOException e) {
            throw ProblemException.unavailable("The version is not run by this instance, and " + other
                    + ", which runs it, does not answer: " + e.getMessage());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private <K, V extends SpecificRecord> Target<K, V> target(
            HttpRequest<?> request,
            QueryParameters parameters,
            Catalog catalog,
            ViewVersion version,
            VersionRunner runner,
            Store<K, V> store) {
        return new Target<>(this, request, parameters, catalog, version, runner, store);
    }

    /** A store of the version that a request is answered from. */
    private record Target<K, V extends SpecificRecord>(
            StoresController controller,
            HttpRequest<?> request,
            QueryParameters parameters,
            Catalog catalog,
            ViewVersion version,
            VersionRunner runner,
            Store<K, V> store) {

        /** Asks the fleet, or for another instance this one alone. */
        HttpResponse<?> answer(StoreQuery<K> query, Function<Part, JsonNode> shape) {
            var reader = new StoreReader<>(runner, store);
            Optional<Duration> maxStaleness = parameters.duration(MAX_STALENESS);
            if (isInternal(request)) {
                Optional<Duration> staleFor = parameters.text(STALE).isEmpty() ? Optional.empty() : maxStaleness;
                Part part = reader.read(query, new Reading(parameters.partitions(PARTITIONS), staleFor));
                return VersionLookup.answer(catalog, version, part.staleness(), part.toJson());
            }
            Part part = new FleetReader(controller.instance.advertised())
                    .read(
                            runner,
                            store.name(),
                            reader,
                            query,
                            controller.instance.fleet().stream()
                                    .map(InstanceReport::getAdvertised)
                                    .toList(),
                            maxStaleness,
                            (other, reading) ->
                                    Part.fromJson(controller.fleet.get(other, internalAddress(query, reading))));
            boolean partial = parameters.flag("partial");
            if (!part.missing().isEmpty() && !partial) {
                throw ProblemException.unavailable("Store " + store.name() + " of " + version.id()
                                + " cannot be read in partitions " + part.missing()
                                + ": no instance has them at the moment"
                                + maxStaleness
                                        .map(age -> ", or none that is at most " + age + " behind")
                                        .orElse(""))
                        .with(VersionLookup.headers(catalog, version, part.staleness()));
            }
            return VersionLookup.answer(catalog, version, part.staleness(), shape.apply(part));
        }

        /** Asks another instance the same, of this very version, for what it has. */
        private String internalAddress(StoreQuery<K> query, Reading reading) {
            var parameters = new ArrayList<String>();
            parameters.add("version=" + version.id().number());
            parameters.add(PARTITIONS + "="
                    + reading.partitions().stream().map(String::valueOf).collect(Collectors.joining(",")));
            reading.staleFor()
                    .ifPresent(
                            age -> parameters.addAll(List.of(STALE + "=true", MAX_STALENESS + "=" + age.toMillis())));
            if (query instanceof StoreQuery.Top<K> top) {
                parameters.add("at=" + top.start());
            }
            Optional.ofNullable(request.getUri().getRawQuery()).stream()
                    .flatMap(AMPERSAND::splitAsStream)
                    .filter(given -> OWN.stream().noneMatch(given::startsWith))
                    .forEach(parameters::add);
            return request.getUri().getRawPath().replaceFirst("^/api/", INTERNAL_PREFIX)
                    + "?"
                    + String.join("&", parameters);
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

        String scope(String list) {
            return version.id() + "/" + store.name() + "/" + list;
        }

        Optional<Place> cursor(QueryParameters parameters, String list) {
            return parameters.text("cursor").map(text -> {
                try {
                    return Place.decode(text, scope(list));
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

    /** The range is half-open, as windows are; when both ends are the same instant, the windows that start then. */
    private static Instant end(QueryParameters parameters, Instant from) {
        Instant to = parameters.instant("to").orElse(LATEST);
        if (to.isBefore(from)) {
            throw ProblemException.badParameter("to", to + " is before from, " + from);
        }
        return to.equals(from) ? from.plusMillis(1) : to;
    }
}
