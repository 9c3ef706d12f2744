package dev.kappa.reprocessing.cluster;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names one version of a view.
 *
 * @param view name of the view
 * @param number its number, from 1
 */
public record VersionId(String view, int number) {

    private static final Pattern TEXT = Pattern.compile("(.+)\\.v([1-9]\\d{0,8})");

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

    /** Reads what {@link #toString} writes; empty for anything else. */
    public static Optional<VersionId> parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        return matcher.matches()
                ? Optional.of(new VersionId(matcher.group(1), Integer.parseInt(matcher.group(2))))
                : Optional.empty();
    }
}
