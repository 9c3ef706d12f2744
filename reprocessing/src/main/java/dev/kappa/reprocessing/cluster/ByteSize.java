package dev.kappa.reprocessing.cluster;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as settings have them: a number of bytes, or one with the unit KB, MB or GB, each 1024 of the one before. */
public final class ByteSize {

    private static final Pattern SIZE = Pattern.compile("(\\d{1,10}) *(B|KB|MB|GB)?");

    private ByteSize() {}

    /**
     * The bytes of a size.
     *
     * @throws IllegalArgumentException when it is none
     */
    public static long parse(String text) {
        Matcher matcher = SIZE.matcher(text.strip().toUpperCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new IllegalArgumentException("expected a size such as 256MB; got \"" + text + "\"");
        }
        int shift = switch (matcher.group(2)) {
            case "KB" -> 10;
            case "MB" -> 20;
            case "GB" -> 30;
            case null, default -> 0;
        };
        return Long.parseLong(matcher.group(1)) << shift;
    }
}
