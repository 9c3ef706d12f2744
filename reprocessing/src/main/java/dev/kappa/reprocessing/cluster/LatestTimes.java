package dev.kappa.reprocessing.cluster;

/**
 * The event times of the latest results of a partition, 100 to 199 of them. Another version is read from their earliest, so that a result that is
 * dated ahead does not have the results between left out. Immutable.
 *
 * @param earliest the earliest of the latest times; {@link Long#MIN_VALUE} until there have been a hundred results
 * @param next the earliest of the last {@code count} times; {@link Long#MAX_VALUE} when {@code count} is 0
 * @param count results since {@code earliest} was last raised
 */
public record LatestTimes(long earliest, long next, int count) {

    /** Results after which earlier ones no longer count. */
    static final int COUNT = 100;

    /** Another version can be read from this time; there have been no results since. */
    public static LatestTimes from(long time) {
        return new LatestTimes(time, Long.MAX_VALUE, 0);
    }

    /** These and one more. */
    public LatestTimes with(long time) {
        long lowest = Math.min(next, time);
        return count + 1 >= COUNT ? from(lowest) : new LatestTimes(Math.min(earliest, time), lowest, count + 1);
    }
}
