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
 * @param times those of the latest results
 * @param committedAt when the offset was committed, by the clock of the reader, in milliseconds since the epoch; 0 before that
 */
public record PositionNote(long epoch, long reached, long passed, LatestTimes times, long committedAt) {

    /** Nothing is known. */
    public static final PositionNote NONE = new PositionNote(0);

    private static final Pattern TEXT = Pattern.compile(
            "(\\d{1,18});(-?\\d{1,19});(-?\\d{1,19})(?:;(-?\\d{1,19});(\\d{1,19})(?:;(-?\\d{1,19});(\\d{1,9}))?)?");

    /** The note of a reader that has come this far, and continues there in another version. */
    public PositionNote(long epoch, long reached, long passed) {
        this(epoch, reached, passed, LatestTimes.from(reached), 0);
    }

    /** The note of a reader that keeps no event times. */
    public PositionNote(long epoch) {
        this(epoch, Long.MIN_VALUE, Long.MIN_VALUE);
    }

    /**
     * The note after one more result.
     *
     * @param time its event time
     */
    public PositionNote with(long epochOfVersion, long time) {
        return new PositionNote(epochOfVersion, Math.max(reached, time), passed, times.with(time), 0);
    }

    /**
     * The event time from which another version is to be read, so that no result is left out. It is earlier than {@link #reached} where results
     * are dated ahead of others.
     */
    public long continueFrom() {
        return times.earliest();
    }

    /** The offset with this note, to be committed now. */
    public OffsetAndMetadata at(long offset, Instant now) {
        return new OffsetAndMetadata(
                offset,
                String.join(
                        ";",
                        String.valueOf(epoch),
                        String.valueOf(reached),
                        String.valueOf(passed),
                        String.valueOf(times.earliest()),
                        String.valueOf(now.toEpochMilli()),
                        String.valueOf(times.next()),
                        String.valueOf(times.count())));
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
            String next = matcher.group(6);
            LatestTimes times = LatestTimes.from(from == null ? reached : Long.parseLong(from));
            return new PositionNote(
                    Long.parseLong(matcher.group(1)),
                    reached,
                    Long.parseLong(matcher.group(3)),
                    next == null
                            ? times
                            : new LatestTimes(
                                    times.earliest(), Long.parseLong(next), Integer.parseInt(matcher.group(7))),
                    at == null ? 0 : Long.parseLong(at));
        } catch (NumberFormatException tooLarge) {
            return NONE;
        }
    }
}
