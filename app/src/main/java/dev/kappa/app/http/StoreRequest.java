package dev.kappa.app.http;

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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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
 */
record StoreRequest<K, V extends SpecificRecord>(
        HttpRequest<?> request,
        QueryParameters parameters,
        Catalog catalog,
        ViewVersion version,
        VersionRunner runner,
        Store<K, V> store) {

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

    /** The query of a request about a store, with the parameters that its kind of request takes. */
    static QueryParameters parameters(HttpRequest<?> request, String... own) {
        var known = new TreeSet<>(List.of(own));
        known.addAll(List.of(VERSION, MAX_STALENESS));
        known.addAll(Access.isInternal(request) ? List.of(PARTITIONS, STALE) : List.of(MIN_POSITION, MAX_WAIT));
        return QueryParameters.of(request, known);
    }

    /** What another instance wants to know of this one. */
    Reading reading() {
        Optional<Duration> staleFor =
                parameters.text(STALE).isEmpty() ? Optional.empty() : parameters.duration(MAX_STALENESS);
        return new Reading(parameters.partitions(PARTITIONS), staleFor);
    }

    /** Asks another instance the same, of this very version, for what it has. */
    String internalAddress(StoreQuery<K> query, Reading reading) {
        var given = new ArrayList<String>();
        given.add(VERSION + "=" + version.id().number());
        given.add(PARTITIONS + "="
                + reading.partitions().stream().map(String::valueOf).collect(Collectors.joining(",")));
        reading.staleFor()
                .ifPresent(age -> given.addAll(List.of(STALE + "=true", MAX_STALENESS + "=" + age.toMillis())));
        if (query instanceof StoreQuery.Top<K> top) {
            given.add("at=" + top.start());
        }
        request.getParameters().names().stream()
                .filter(name -> !OWN.contains(name))
                .forEach(name -> parameters
                        .text(name)
                        .ifPresent(text -> given.add(name + "=" + URLEncoder.encode(text, StandardCharsets.UTF_8))));
        return request.getUri().getRawPath().replaceFirst("^/api/", INTERNAL) + "?" + String.join("&", given);
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
