package dev.kappa.app.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.app.query.ReadOptions;
import dev.kappa.app.query.ScanCursor;
import dev.kappa.app.version.VersionRunner;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.topologies.Store;
import io.micronaut.http.HttpRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
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
    private static final Duration DEFAULT_WAIT = Duration.ofSeconds(5);
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);

    /** The key of a request whose body asks for one. */
    static final String KEY = "key";

    /** What a request's body asks for. */
    static final String GET = "get";

    /** The query of a request about a store, with the parameters that its kind of request takes. */
    static QueryParameters parameters(HttpRequest<?> request, String... own) {
        return QueryParameters.of(request, known(own));
    }

    /** The same of a request that has them in its body. */
    static QueryParameters parameters(ObjectNode body, String... own) {
        SortedSet<String> known = known(own);
        known.addAll(List.of(GET, KEY));
        return QueryParameters.of(body, known);
    }

    private static SortedSet<String> known(String... own) {
        var known = new TreeSet<>(List.of(own));
        known.addAll(List.of(VERSION, MAX_STALENESS, MIN_POSITION, MAX_WAIT));
        return known;
    }

    /** How the client wants the store to be read. */
    ReadOptions options() {
        return new ReadOptions(
                parameters.duration(MAX_STALENESS),
                parameters.positions(MIN_POSITION),
                maxWait(parameters),
                parameters.flag(PARTIAL));
    }

    /** How long the client waits for records to be applied. */
    static Duration maxWait(QueryParameters parameters) {
        Duration wait = parameters.duration(MAX_WAIT).orElse(DEFAULT_WAIT);
        if (wait.compareTo(LONGEST_WAIT) > 0) {
            throw ProblemException.badParameter(MAX_WAIT, "at most " + LONGEST_WAIT + "; got " + wait);
        }
        return wait;
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

    Optional<ScanCursor> cursor(String list) {
        return parameters.text("cursor").map(text -> {
            try {
                return ScanCursor.decode(text, scope(list));
            } catch (IllegalArgumentException e) {
                throw ProblemException.badParameter(
                        "cursor", "not one that this list gave as \"next\"; begin again without it");
            }
        });
    }
}
