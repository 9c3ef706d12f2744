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
import java.util.Optional;
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

    private static final Duration DEFAULT_WAIT = Duration.ofSeconds(5);
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);

    /** How the client wants the store to be read. */
    ReadOptions options() {
        return new ReadOptions(
                parameters.duration(HttpParameter.MAX_STALENESS),
                parameters.positions(HttpParameter.MIN_POSITION),
                maxWait(parameters),
                parameters.flag(HttpParameter.PARTIAL),
                RequestAuthorizer.shareOf(request));
    }

    /** How long the client waits for records to be applied. */
    static Duration maxWait(QueryParameters parameters) {
        Duration wait = parameters.duration(HttpParameter.MAX_WAIT).orElse(DEFAULT_WAIT);
        if (wait.compareTo(LONGEST_WAIT) > 0) {
            throw ProblemException.badParameter(
                    HttpParameter.MAX_WAIT.name(), "at most " + LONGEST_WAIT + "; got " + wait);
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
    Optional<K> keyOf(HttpParameter parameter) {
        return parameters.text(parameter).map(this::key);
    }

    /** Names a list of the store, for its cursors. */
    String scope(String list) {
        return version.id() + "/" + store.name() + "/" + list;
    }

    Optional<ScanCursor> cursor(String list) {
        return parameters.text(HttpParameter.CURSOR).map(text -> {
            try {
                return ScanCursor.decode(text, scope(list));
            } catch (IllegalArgumentException e) {
                throw ProblemException.badParameter("cursor", "not a nextCursor of this list; start again without it");
            }
        });
    }
}
