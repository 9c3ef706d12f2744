package dev.kappa.app.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.app.query.Place;
import dev.kappa.app.query.StoreQuery;
import dev.kappa.app.query.StoreReader.Reading;
import dev.kappa.app.runtime.VersionRunner;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.topologies.Store;
import io.micronaut.http.HttpRequest;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.avro.specific.SpecificRecord;

/**
 * A request about one store.
 *
 * @param request as it came
 * @param parameters its query
 * @param catalog the snapshot it is answered from
 * @param version the version it is answered from
 * @param runner runs the version here
 * @param store the store it is about
 * @param body its JSON body, for a request that has one
 */
record StoreRequest<K, V extends SpecificRecord>(
        HttpRequest<?> request,
        QueryParameters parameters,
        Catalog catalog,
        ViewVersion version,
        VersionRunner runner,
        Store<K, V> store,
        Optional<ObjectNode> body) {

    static final String MAX_STALENESS = "max-staleness";
    static final String MIN_POSITION = "min-position";
    static final String MAX_WAIT = "max-wait";
    static final String PARTIAL = "partial";

    private static final String VERSION = "version";
    private static final String PARTITIONS = "partitions";
    private static final String STALE = "stale";
    private static final String INTERNAL = "/internal/";

    /** What an internal request says in its own way, or not at all. */
    private static final Set<String> OWN = Set.of(VERSION, MAX_STALENESS, MIN_POSITION, MAX_WAIT, PARTIAL, "at");

    /** The key of a request whose body asks for one. */
    static final String KEY = "key";

    /** What a request's body asks for. */
    static final String GET = "get";

    /** The query of a request about a store, with the parameters that its kind of request takes. */
    static QueryParameters parameters(HttpRequest<?> request, String... own) {
        return QueryParameters.of(request, known(request, own));
    }

    /** The same of a request that has them in its body. */
    static QueryParameters parameters(HttpRequest<?> request, ObjectNode body, String... own) {
        SortedSet<String> known = known(request, own);
        known.addAll(List.of(GET, KEY));
        return QueryParameters.of(body, known);
    }

    private static SortedSet<String> known(HttpRequest<?> request, String... own) {
        var known = new TreeSet<>(List.of(own));
        known.addAll(List.of(VERSION, MAX_STALENESS));
        known.addAll(Access.isInternal(request) ? List.of(PARTITIONS, STALE) : List.of(MIN_POSITION, MAX_WAIT));
        return known;
    }

    /** What another instance wants to know of this one. */
    Reading reading() {
        Optional<Duration> staleFor =
                parameters.text(STALE).isEmpty() ? Optional.empty() : parameters.duration(MAX_STALENESS);
        return new Reading(parameters.partitions(PARTITIONS), staleFor);
    }

    /** Asks another instance the same, of this very version, for what it has. */
    FleetClient.Query internal(StoreQuery<K> query, Reading reading) {
        var given = new TreeMap<String, String>();
        parameters.all().forEach((name, value) -> {
            if (!OWN.contains(name)) {
                given.put(name, value);
            }
        });
        given.put(VERSION, String.valueOf(version.id().number()));
        given.put(PARTITIONS, reading.partitions().stream().map(String::valueOf).collect(Collectors.joining(",")));
        reading.staleFor().ifPresent(age -> {
            given.put(STALE, "true");
            given.put(MAX_STALENESS, String.valueOf(age.toMillis()));
        });
        if (query instanceof StoreQuery.Top<K> top) {
            given.put("at", top.start().toString());
        }
        String path = request.getUri().getRawPath().replaceFirst("^/api/", INTERNAL);
        if (body.isPresent()) {
            ObjectNode json = JsonNodeFactory.instance.objectNode();
            given.forEach(json::put);
            return new FleetClient.Query(path, Optional.of(json));
        }
        String text = given.entrySet().stream()
                .map(parameter ->
                        parameter.getKey() + "=" + URLEncoder.encode(parameter.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        return new FleetClient.Query(path + "?" + text, Optional.empty());
    }

    K key(String text) {
        try {
            return store.key().parse(text);
        } catch (IllegalArgumentException e) {
            throw ProblemException.badParameter("key", String.valueOf(e.getMessage()));
        }
    }

    /** A key in the query. */
    Optional<K> keyOf(String parameter) {
        return parameters.text(parameter).map(this::key);
    }

    /** Names a list of the store, for its cursors. */
    String scope(String list) {
        return version.id() + "/" + store.name() + "/" + list;
    }

    Optional<Place> cursor(String list) {
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
