package dev.kappa.reprocessing.catalog;

/**
 * Names one version of a view.
 *
 * @param view name of the view
 * @param number its number, from 1
 */
public record VersionId(String view, int number) {

    public VersionId {
        if (number < 1) {
            throw new IllegalArgumentException("Versions of " + view + " are numbered from 1; got " + number);
        }
    }

    /** As people write it: {@code fraud-alerts.v3}. */
    @Override
    public String toString() {
        return view + ".v" + number;
    }
}
