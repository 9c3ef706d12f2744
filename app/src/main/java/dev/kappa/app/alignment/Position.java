package dev.kappa.app.alignment;

/**
 * How far a source partition has come.
 *
 * @param time event time up to which all of it has been processed and committed, in milliseconds since the epoch; of a
 *     table, up to which it has been handed to Kafka Streams; {@link #NO_TIME} when nothing is known
 * @param standing where that is
 * @param since when it came to stand so, in milliseconds since the epoch
 */
public record Position(long time, Standing standing, long since) {

    /** No event time, or none known. */
    public static final long NO_TIME = Long.MIN_VALUE;

    /** Nothing is known of a partition yet. */
    public static final Position UNKNOWN = new Position(NO_TIME, Standing.UNKNOWN, 0);

    /** Where a partition is. */
    public enum Standing {
        /** Nobody has read from it. */
        UNKNOWN,
        /** Of a table: what it held when it was taken on has not all been read. */
        LOADING,
        /** There is more to read. */
        READING,
        /** All is read; more may come any moment. */
        AT_END,
        /** All that a replay is to catch up with is read. */
        OVER
    }
}
