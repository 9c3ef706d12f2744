package dev.kappa.reprocessing.reader;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Position of a {@link ChangeFeed}, from which another can continue.
 *
 * @param version number of the version it tells
 * @param epoch since which that version has been active; 0 when it was asked for by its number
 * @param at when it was there
 * @param offsets by partition of the version's output, the offset of what comes next
 */
public record FeedPlace(int version, long epoch, Instant at, List<Long> offsets) {

    private static final int MAX_PARTITIONS = 10_000;

    public FeedPlace {
        offsets = List.copyOf(offsets);
    }

    /** As opaque text, of few characters a partition: it comes back in a header. */
    public String encode() {
        return version + "-" + epoch + "-" + at.toEpochMilli() + "-"
                + offsets.stream()
                        .map(offset -> Long.toString(offset, Character.MAX_RADIX))
                        .collect(Collectors.joining("."));
    }

    /** Reads what {@link #encode} wrote; empty for anything else. */
    public static Optional<FeedPlace> decode(String text) {
        String[] parts = text.split("-", -1);
        if (parts.length != 4) {
            return Optional.empty();
        }
        try {
            var offsets = new ArrayList<Long>();
            for (String offset : parts[3].split("\\.", MAX_PARTITIONS)) {
                offsets.add(number(offset, Character.MAX_RADIX));
            }
            return Optional.of(new FeedPlace(
                    Math.toIntExact(number(parts[0], 10)),
                    number(parts[1], 10),
                    Instant.ofEpochMilli(number(parts[2], 10)),
                    offsets));
        } catch (ArithmeticException | NumberFormatException notWrittenHere) {
            return Optional.empty();
        }
    }

    private static long number(String digits, int radix) {
        if (digits.startsWith("+")) {
            throw new NumberFormatException(digits);
        }
        return Long.parseLong(digits, radix);
    }
}
