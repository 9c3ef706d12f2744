package dev.kappa.reprocessing.cluster;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.jspecify.annotations.Nullable;

/**
 * The metadata that readers of outputs commit with an offset.
 *
 * @param epoch epoch at which the version that is read had become active; 0 when nothing is known
 * @param reached newest event time of the results that were delivered of the partition, in milliseconds since the epoch
 * @param passed event time that had been reached in the version before; results up to it may repeat
 * @param continueFrom event time from which another version is to be read, so that no result is left out. It is earlier than
 *     {@code reached} where a few results are dated ahead of the others
 */
public record PositionNote(long epoch, long reached, long passed, long continueFrom) {

    /** Nothing is known. */
    public static final PositionNote NONE = new PositionNote(0);

    private static final Pattern TEXT = Pattern.compile("(\\d{1,18});(-?\\d{1,19});(-?\\d{1,19})(?:;(-?\\d{1,19}))?");

    /** The note of a reader of which all results count alike. */
    public PositionNote(long epoch, long reached, long passed) {
        this(epoch, reached, passed, reached);
    }

    /** The note of a reader that keeps no event times. */
    public PositionNote(long epoch) {
        this(epoch, Long.MIN_VALUE, Long.MIN_VALUE);
    }

    /** The offset with this note. */
    public OffsetAndMetadata at(long offset) {
        return new OffsetAndMetadata(offset, epoch + ";" + reached + ";" + passed + ";" + continueFrom);
    }

    /** The note of an offset; {@link #NONE} for one that other software committed. */
    public static PositionNote of(@Nullable OffsetAndMetadata committed) {
        if (committed == null) {
            return NONE;
        }
        Matcher matcher = TEXT.matcher(committed.metadata());
        try {
            if (!matcher.matches()) {
                return NONE;
            }
            long reached = Long.parseLong(matcher.group(2));
            String from = matcher.group(4);
            return new PositionNote(
                    Long.parseLong(matcher.group(1)),
                    reached,
                    Long.parseLong(matcher.group(3)),
                    from == null ? reached : Long.parseLong(from));
        } catch (NumberFormatException tooLarge) {
            return NONE;
        }
    }
}
