package dev.kappa.app.http;

import dev.kappa.app.runtime.Instance;
import dev.kappa.app.runtime.VersionRunner;
import dev.kappa.reprocessing.Catalog;
import dev.kappa.reprocessing.ViewVersion;
import dev.kappa.topologies.Store;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MutableHttpResponse;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds what a request is about: the view, its version, the store. */
@Singleton
final class VersionLookup {

    private final Catalog catalog;
    private final Instance instance;

    VersionLookup(Catalog catalog, Instance instance) {
        this.catalog = catalog;
        this.instance = instance;
    }

    Catalog catalog() {
        return catalog;
    }

    /** All versions of a view, by number. */
    List<ViewVersion> versions(String view) {
        List<ViewVersion> versions = catalog.versions().stream()
                .filter(version -> version.id().view().equals(view))
                .toList();
        if (versions.isEmpty()) {
            throw ProblemException.notFound(
                    "unknown-view", "There is no view " + view + "; there are " + catalog.views());
        }
        return versions;
    }

    /** The version a query is answered from: the one asked for, else the active one. */
    ViewVersion version(String view, Optional<String> number) {
        List<ViewVersion> versions = versions(view);
        if (number.isEmpty()) {
            return catalog.active(view)
                    .orElseThrow(() -> ProblemException.unavailable("View " + view + " has no active version"));
        }
        int wanted = parse(number.get());
        return versions.stream()
                .filter(version -> version.id().number() == wanted)
                .findFirst()
                .orElseThrow(() ->
                        ProblemException.notFound("unknown-version", "View " + view + " has no version " + wanted));
    }

    private static int parse(String number) {
        try {
            return Integer.parseInt(number);
        } catch (NumberFormatException e) {
            throw ProblemException.badParameter("version", "expected a version's number; got \"" + number + "\"");
        }
    }

    Store<?, ?> store(ViewVersion version, String name, Store.Kind kind) {
        List<Store<?, ?>> stores = version.definition().stores();
        Store<?, ?> store = stores.stream()
                .filter(candidate -> candidate.name().equals(name))
                .findFirst()
                .orElseThrow(() -> ProblemException.notFound(
                        "unknown-store",
                        "View " + version.id().view() + " has no store " + name + "; it has "
                                + stores.stream().map(Store::name).toList()));
        if (store.kind() != kind) {
            throw ProblemException.notFound(
                    "wrong-store-kind",
                    "Store " + name + " is a " + store.kind().text() + " store; this asks for a " + kind.text()
                            + " store");
        }
        return store;
    }

    /** The runner of a version on this instance. */
    VersionRunner runner(ViewVersion version) {
        return instance.runner(version)
                .orElseThrow(() -> ProblemException.unavailable(instance.waitingFor()
                        .map(what -> "This instance is starting and waits for " + what)
                        .orElse("This instance does not run " + version.id())));
    }

    /** An answer that comes from one version. */
    MutableHttpResponse<?> answer(ViewVersion version, Object body) {
        MutableHttpResponse<Object> response = HttpResponse.ok(body);
        headers(version).forEach(response::header);
        return response;
    }

    /** What says which version an answer comes from. */
    Map<String, String> headers(ViewVersion version) {
        return Map.of(
                "Kappa-View-Version", String.valueOf(version.id().number()),
                "Kappa-Epoch", String.valueOf(catalog.epoch()),
                "Kappa-Staleness-Ms", String.valueOf(Duration.ZERO.toMillis()));
    }
}
