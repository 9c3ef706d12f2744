package dev.kappa.app.http;

import dev.kappa.topologies.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The kinds of store queries, named in the last part of the path or by {@code get} in the body. */
enum StoreQueryKind {
    ENTRY,
    ENTRIES,
    WINDOWS_OF_KEY,
    WINDOWS,
    TOP;

    /** The stores that can be asked so. */
    Set<Store.Kind> stores() {
        return switch (this) {
            case ENTRY, ENTRIES -> Set.of(Store.Kind.KEY_VALUE);
            case WINDOWS_OF_KEY, WINDOWS -> Set.of(Store.Kind.WINDOW, Store.Kind.SESSION);
            case TOP -> Set.of(Store.Kind.WINDOW);
        };
    }

    /** The parameters of the query; those that all queries have come last. */
    List<HttpParameter> parameters() {
        List<HttpParameter> own = switch (this) {
            case ENTRY -> List.of(HttpParameter.AS_OF);
            case ENTRIES ->
                List.of(
                        HttpParameter.FROM_KEY,
                        HttpParameter.TO_KEY,
                        HttpParameter.PREFIX,
                        HttpParameter.LIMIT,
                        HttpParameter.CURSOR,
                        HttpParameter.PARTIAL);
            case WINDOWS_OF_KEY ->
                List.of(HttpParameter.FROM, HttpParameter.TO, HttpParameter.LIMIT, HttpParameter.CURSOR);
            case WINDOWS ->
                List.of(
                        HttpParameter.FROM,
                        HttpParameter.TO,
                        HttpParameter.LIMIT,
                        HttpParameter.CURSOR,
                        HttpParameter.PARTIAL);
            case TOP -> List.of(HttpParameter.AT, HttpParameter.TOP, HttpParameter.PARTIAL);
        };
        var all = new ArrayList<>(own);
        all.addAll(HttpParameter.OF_STORES);
        return all;
    }

    /** The parameters where the query is in a body. */
    List<HttpParameter> parametersInBody() {
        var all = new ArrayList<>(List.of(HttpParameter.GET, HttpParameter.KEY));
        all.addAll(parameters());
        return all;
    }
}
