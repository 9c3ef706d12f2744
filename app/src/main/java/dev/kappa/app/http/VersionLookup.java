package dev.kappa.app.http;

import dev.kappa.app.instance.CurrentInstance;
import dev.kappa.app.version.VersionRunner;
import dev.kappa.app.version.VersionState;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.topologies.Store;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MutableHttpResponse;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Finds what a request is about: the view, its version, the store. A request is answered from one snapshot of the
 * catalog, so that an answer never comes from two versions.
 */
@Singleton
final class VersionLookup {

    static final String VERSION_HEADER = "Kappa-View-Version";
    static final String EPOCH_HEADER = "Kappa-Epoch";
    static final String STALENESS_HEADER = "Kappa-Staleness-Ms";

    /** How long a request waits for the catalog to come to the epoch its client has seen. */
    private static final Duration EPOCH_PATIENCE = Duration.ofSeconds(2);

    private final CurrentInstance instance;

    VersionLookup(CurrentInstance instance) {
        this.instance = instance;
    }

    /** The snapshot a request is answered from: no older than what its client has seen. */
    Catalog catalog(HttpRequest<?> request) {
        String header = request.getHeaders().get(EPOCH_HEADER);
        if (header == null) {
            return instance.get().catalog();
        }
        return catalog(epoch(header));
    }

    /** A snapshot no older than an epoch. */
    Catalog catalog(long seen) {
        Catalog catalog = instance.get().catalog(seen, EPOCH_PATIENCE);
        if (catalog.epoch() < seen) {
            throw ProblemException.unavailable(
                    "This instance knows the catalog up to epoch " + catalog.epoch() + ", the client has seen " + seen);
        }
        return catalog;
    }

    private static long epoch(String header) {
        try {
            long epoch = Long.parseLong(header.strip());
            if (epoch >= 0) {
                return epoch;
            }
        } catch (NumberFormatException notANumber) {
            // Falls through to the same message.
        }
        throw ProblemException.badParameter(
                EPOCH_HEADER, "expected the number that an earlier answer had in this header; got \"" + header + "\"");
    }

    /** All versions of a view, by number. */
    List<ViewVersion> versions(Catalog catalog, String view) {
        List<ViewVersion> versions = catalog.versions(view);
        if (versions.isEmpty()) {
            String unreadable = catalog.unreadable().get(view);
            if (unreadable != null) {
                throw ProblemException.unavailable(unreadable);
            }
            throw ProblemException.notFound(
                    "unknown-view", "There is no view " + view + "; there are " + catalog.views());
        }
        return versions;
    }

    /** The version a query is answered from: the one asked for, else the active one. */
    ViewVersion version(Catalog catalog, String view, Optional<String> number) {
        List<ViewVersion> versions = versions(catalog, view);
        if (number.isEmpty()) {
            return catalog.active(view)
                    .orElseThrow(() -> ProblemException.unavailable("View " + view + " has no active version"));
        }
        int wanted = parse(number.get());
        ViewVersion version = versions.stream()
                .filter(candidate -> candidate.id().number() == wanted)
                .findFirst()
                .orElseThrow(() ->
                        ProblemException.notFound("unknown-version", "View " + view + " has no version " + wanted));
        if (!version.phase().isRun()) {
            throw ProblemException.notFound(
                    "unknown-version", version.id() + " is " + version.phase() + " and cannot be queried");
        }
        return version;
    }

    private static int parse(String number) {
        try {
            return Integer.parseInt(number);
        } catch (NumberFormatException e) {
            throw ProblemException.badParameter("version", "expected a version's number; got \"" + number + "\"");
        }
    }

    Store<?, ?> store(VersionRunner runner, String name, Set<Store.Kind> kinds) {
        List<Store<?, ?>> stores = runner.version().definition().stores();
        Store<?, ?> store = stores.stream()
                .filter(candidate -> candidate.name().equals(name))
                .findFirst()
                .orElseThrow(() -> ProblemException.notFound(
                        "unknown-store",
                        "View " + runner.version().id().view() + " has no store " + name + "; it has "
                                + stores.stream().map(Store::name).toList()));
        if (!kinds.contains(store.kind())) {
            throw ProblemException.notFound(
                    "wrong-store-kind",
                    "Store " + name + " is a " + store.kind().text() + " store; this asks for a "
                            + kinds.stream().sorted().map(Store.Kind::text).collect(Collectors.joining(" or "))
                            + " store");
        }
        return store;
    }

    /** The runner of a version on this instance. */
    VersionRunner runner(VersionId id) {
        return instance.get().versions().runner(id).orElseThrow(() -> {
            VersionState state = instance.get().versions().states().getOrDefault(id, VersionState.STARTING);
            return ProblemException.unavailable("This instance does not run " + id + ": it is " + state
                    + instance.get()
                            .versions()
                            .detail(id)
                            .map(detail -> ". " + detail)
                            .orElse(""));
        });
    }

    /** An answer that comes from one version. */
    static MutableHttpResponse<?> answer(Catalog catalog, ViewVersion version, Duration staleness, Object body) {
        MutableHttpResponse<Object> response = HttpResponse.ok(body);
        headers(catalog, version, staleness).forEach(response::header);
        return response;
    }

    /** Headers that say which version an answer comes from, and how old it may be. */
    static Map<String, String> headers(Catalog catalog, ViewVersion version, Duration staleness) {
        return Map.of(
                VERSION_HEADER,
                String.valueOf(version.id().number()),
                EPOCH_HEADER,
                String.valueOf(catalog.epoch()),
                STALENESS_HEADER,
                String.valueOf(staleness.toMillis()));
    }
}
