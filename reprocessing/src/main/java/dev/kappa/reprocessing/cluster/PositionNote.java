package dev.kappa.reprocessing.cluster;

import java.time.Instant;
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
 * @param committedAt when the offset was committed, by the clock of the reader, in milliseconds since the epoch; 0 before that
 */
public record PositionNote(long epoch, long reached, long passed, long continueFrom, long committedAt) {

    /** Nothing is known. */
    public static final PositionNote NONE = new PositionNote(0);

    private static final Pattern TEXT =
            Pattern.compile("(\\d{1,18});(-?\\d{1,19});(-?\\d{1,19})(?:;(-?\\d{1,19});(\\d{1,19}))?");

    /** The note of a reader of which all results count alike. */
    public PositionNote(long epoch, long reached, long passed) {
        this(epoch, reached, passed, reached, 0);
    }

    /** The note of a reader that keeps no event times. */
    public PositionNote(long epoch) {
        this(epoch, Long.MIN_VALUE, Long.MIN_VALUE);
    }

    /** The offset with this note, to be committed now. */
    public OffsetAndMetadata at(long offset, Instant now) {
        return new OffsetAndMetadata(
                offset, epoch + ";" + reached + ";" + passed + ";" + continueFrom + ";" + now.toEpochMilli());
    }

    /** Whether a reader that has committed this may continue, or may have missed deletions of keys meanwhile. */
    public boolean isRecent(Instant now) {
        return committedAt >= now.minus(TopicSettings.LONGEST_ABSENCE).toEpochMilli();
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
            String at = matcher.group(5);
            return new PositionNote(
                    Long.parseLong(matcher.group(1)),
                    reached,
                    Long.parseLong(matcher.group(3)),
                    from == null ? reached : Long.parseLong(from),
                    at == null ? 0 : Long.parseLong(at));
        } catch (NumberFormatException tooLarge) {
            return NONE;
        }
    }
}
