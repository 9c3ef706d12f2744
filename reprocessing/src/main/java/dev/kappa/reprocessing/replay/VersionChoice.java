package dev.kappa.reprocessing.replay;

import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.reprocessing.cluster.VersionId;
import java.util.List;
import java.util.Optional;

/**
 * Which version of a view an operation means: pure functions of the catalog. All throw {@link RefusedException}, with the reason, when there is
 * none.
 */
public final class VersionChoice {

    /**
     * Two versions to compare.
     *
     * @param before the one that is compared with
     * @param after the one that is compared
     */
    public record Pair(ViewVersion before, ViewVersion after) {}

    private VersionChoice() {}

    /**
     * All versions of a view, by number.
     *
     * @throws RefusedException when there is no such view, or a record of it cannot be read
     */
    public static List<ViewVersion> versions(Catalog catalog, String view) {
        String unreadable = catalog.unreadable().get(view);
        if (unreadable != null) {
            throw new RefusedException("View " + view + " cannot be changed. " + unreadable);
        }
        List<ViewVersion> versions = catalog.versions(view);
        if (versions.isEmpty()) {
            throw new RefusedException("There is no view " + view + "; there are " + catalog.views());
        }
        return versions;
    }

    /**
     * The versions a comparison means: unless numbers are given, the replay under way, or else the version in STANDBY, and
     * the active one.
     *
     * @throws RefusedException when there are no such two, or an output has been deleted
     */
    public static Pair pair(Catalog catalog, String view, Optional<Integer> number, Optional<Integer> against) {
        versions(catalog, view);
        ViewVersion before = against.map(wanted -> version(catalog, view, wanted))
                .or(() -> catalog.active(view))
                .orElseThrow(() -> new RefusedException("View " + view + " has no active version"));
        ViewVersion after = number.map(wanted -> version(catalog, view, wanted))
                .or(() -> catalog.underWay(view))
                .or(() -> catalog.previous(view))
                .orElseThrow(() -> new RefusedException("View " + view
                        + " has no version besides the active one. Start a replay with kappa replay start " + view
                        + "."));
        if (before.id().equals(after.id())) {
            throw new RefusedException(before.id() + " would be compared with itself");
        }
        for (ViewVersion version : List.of(before, after)) {
            if (version.outputRemoved()) {
                throw new RefusedException("The output of " + version.id() + " has been deleted");
            }
        }
        return new Pair(before, after);
    }

    /**
     * A version of a view.
     *
     * @throws RefusedException when there is none
     */
    public static ViewVersion version(Catalog catalog, String view, int number) {
        return versions(catalog, view).stream()
                .filter(version -> version.id().number() == number)
                .findFirst()
                .orElseThrow(() -> new RefusedException("View " + view + " has no version " + number));
    }

    /** The version a switch without a number means: the replay under way or, after a rollback, the version that it left. */
    public static VersionId candidate(Catalog catalog, String view) {
        versions(catalog, view);
        return catalog.underWay(view)
                .or(() -> left(catalog, view))
                .map(ViewVersion::id)
                .orElseThrow(() -> new RefusedException("View " + view
                        + " has no replay to switch to. Start one with kappa replay start " + view
                        + ", or name a version that is STANDBY with --version."));
    }

    /** A version that is newer than the active one and was active itself, so that readers have left it by a rollback. */
    private static Optional<ViewVersion> left(Catalog catalog, String view) {
        int active = catalog.active(view).map(version -> version.id().number()).orElse(Integer.MAX_VALUE);
        return catalog.previous(view).filter(version -> version.id().number() > active);
    }

    /** The replay under way, else the active version. */
    public static VersionId running(Catalog catalog, String view) {
        versions(catalog, view);
        return catalog.underWay(view)
                .or(() -> catalog.active(view))
                .map(ViewVersion::id)
                .orElseThrow(() -> new RefusedException("View " + view + " has no version that runs"));
    }

    /** The version an abort without a number means: the replay under way, or one whose abort was cut short. */
    public static VersionId unfinished(Catalog catalog, String view) {
        versions(catalog, view);
        return catalog.underWay(view)
                .or(() -> catalog.versions(view).stream()
                        .filter(version -> version.phase() == Phase.ABORTED && !version.removed())
                        .findFirst())
                .map(ViewVersion::id)
                .orElseThrow(() -> new RefusedException("View " + view + " has no replay under way"));
    }

    /**
     * The version a rollback goes to.
     *
     * @throws RefusedException when there is none, or readers have been rolled back already: a command that is repeated would else give
     *     them the version that they were taken from
     */
    public static VersionId previous(Catalog catalog, String view) {
        versions(catalog, view);
        left(catalog, view).ifPresent(left -> {
            throw new RefusedException("Readers of " + view + " have been rolled back from v"
                    + left.id().number()
                    + " already. To switch to a version in STANDBY, name it: kappa replay switch " + view
                    + " --version " + left.id().number());
        });
        return catalog.previous(view)
                .map(ViewVersion::id)
                .orElseThrow(() -> new RefusedException(
                        "View " + view + " has no version in STANDBY, so there is nothing to roll back to"));
    }
}
