package dev.kappa.reprocessing.catalog;

import dev.kappa.reprocessing.cluster.VersionId;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeSet;

/**
 * Which versions of which views exist, as of an epoch, and how they came to be. An immutable snapshot.
 *
 * @param epoch grows by one with every change; 0 before the first
 * @param versions all versions, by view and number
 * @param changes all changes, oldest first
 * @param unreadable views of which a record cannot be read, and why: nothing may be done to them by this software
 * @param breaks where the chain of the changes is broken: entries are missing, or others than Kappa wrote them
 */
public record Catalog(
        long epoch,
        List<ViewVersion> versions,
        List<CatalogChange> changes,
        Map<String, String> unreadable,
        List<String> breaks) {

    public static final Catalog EMPTY = new Catalog(0, List.of(), List.of(), Map.of());

    public Catalog {
        versions = versions.stream()
                .sorted(Comparator.comparing(
                                (ViewVersion version) -> version.id().view())
                        .thenComparingInt(version -> version.id().number()))
                .toList();
        changes = List.copyOf(changes);
        unreadable = Map.copyOf(unreadable);
        breaks = List.copyOf(breaks);
    }

    /** One whose changes are a chain. */
    public Catalog(
            long epoch, List<ViewVersion> versions, List<CatalogChange> changes, Map<String, String> unreadable) {
        this(epoch, versions, changes, unreadable, List.of());
    }

    /** The same, as of another epoch. */
    public Catalog at(long epoch) {
        return new Catalog(epoch, versions, changes, unreadable, breaks);
    }

    /** The names of all views, in order. */
    public SequencedSet<String> views() {
        var views = new TreeSet<>(unreadable.keySet());
        versions.forEach(version -> views.add(version.id().view()));
        return views;
    }

    /** All versions of a view, by number. */
    public List<ViewVersion> versions(String view) {
        return versions.stream()
                .filter(version -> version.id().view().equals(view))
                .toList();
    }

    /** A version, if there is or was one of that name and number. */
    public Optional<ViewVersion> version(VersionId id) {
        return versions.stream().filter(version -> version.id().equals(id)).findFirst();
    }

    /** The version of a view that readers get. */
    public Optional<ViewVersion> active(String view) {
        return versions(view).stream()
                .filter(version -> version.phase() == Phase.ACTIVE)
                .findFirst();
    }

    /** The replay of a view that has been neither switched to nor aborted; there is at most one. */
    public Optional<ViewVersion> underWay(String view) {
        return versions(view).stream()
                .filter(version -> version.phase().isUnderWay())
                .findFirst();
    }

    /** The version that was active before the present one, and still runs. */
    public Optional<ViewVersion> previous(String view) {
        return versions(view).stream()
                .filter(version -> version.phase() == Phase.STANDBY)
                .max(Comparator.comparingLong(ViewVersion::activeSince));
    }

    /** The number the next version of a view gets. Numbers are never given twice. */
    public int nextNumber(String view) {
        return versions(view).stream()
                        .mapToInt(version -> version.id().number())
                        .max()
                        .orElse(0)
                + 1;
    }

    /** The changes of all views after an epoch, oldest first. */
    public List<CatalogChange> changesAfter(long epoch) {
        return changes.stream().filter(change -> change.epoch() > epoch).toList();
    }

    /** The changes of a view after an epoch. */
    public List<CatalogChange> changes(String view, long after) {
        return changesAfter(after).stream()
                .filter(change -> change.view().equals(view))
                .toList();
    }
}
