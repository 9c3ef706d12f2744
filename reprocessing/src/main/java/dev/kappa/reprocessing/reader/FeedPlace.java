package dev.kappa.reprocessing.reader;

import java.time.Instant;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Where a feed of changes has come to: what it can be resumed from, by any instance.
 *
 * @param version number of the version
 * @param epoch at which that version had become active
 * @param at when the feed came there
 * @param offsets of the next change of each partition
 */
public record FeedPlace(int version, long epoch, Instant at, SortedMap<Integer, Long> offsets) {

    private static final Pattern TEXT =
            Pattern.compile("(\\d{1,9})-(\\d{1,18})-(\\d{1,15})-((?:\\d{1,6}\\.\\d{1,18}_?)*)");
    private static final Pattern OFFSET = Pattern.compile("(\\d+)\\.(\\d+)");

    public FeedPlace {
        offsets = new TreeMap<>(offsets);
    }

    /** As opaque text. */
    public String encode() {
        return version + "-" + epoch + "-" + at.toEpochMilli() + "-"
                + offsets.entrySet().stream()
                        .map(partition -> partition.getKey() + "." + partition.getValue())
                        .collect(Collectors.joining("_"));
    }

    /** Reads what {@link #encode} wrote; empty for anything else. */
    public static Optional<FeedPlace> decode(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        var offsets = new TreeMap<Integer, Long>();
        Matcher found = OFFSET.matcher(matcher.group(4));
        while (found.find()) {
            offsets.put(Integer.valueOf(found.group(1)), Long.valueOf(found.group(2)));
        }
        return Optional.of(new FeedPlace(
                Integer.parseInt(matcher.group(1)),
                Long.parseLong(matcher.group(2)),
                Instant.ofEpochMilli(Long.parseLong(matcher.group(3))),
                offsets));
    }
}
