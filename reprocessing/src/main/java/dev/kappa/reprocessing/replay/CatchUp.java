package dev.kappa.reprocessing.replay;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;

/**
 * Decides when a replay has caught up: it has read what there was when it was planned, and everything that followed from it has gone
 * through all its repartition topics; and it has been within a bound of the end of every partition for some time. Not thread-safe.
 */
public final class CatchUp {

    /** How long it has to keep up. */
    static final Duration STAY = Duration.ofSeconds(3);

    private final long maxLag;
    private Optional<Instant> since = Optional.empty();

    /** Ends of the repartition topics when the range had been read, and then when those had been reached, once for each topic. */
    private Map<TopicPartition, Long> goals = Map.of();

    private int stages;

    /** With the bound, in records, on how far each partition may be from its end. */
    public CatchUp(long maxLag) {
        this.maxLag = maxLag;
    }

    /** Whether it has caught up, given what it looks like now. */
    public boolean observe(Progress progress, Instant now) {
        if (!progress.isRangeDone()) {
            since = Optional.empty();
            goals = Map.of();
            stages = 0;
            return false;
        }
        if (!hasGoneThrough(progress) || !progress.isWithin(maxLag)) {
            since = Optional.empty();
            return false;
        }
        if (since.isEmpty()) {
            since = Optional.of(now);
        }
        return !now.isBefore(since.get().plus(STAY));
    }

    /** One repartition topic may feed another: what is at the end of the last has gone through all of them. */
    private boolean hasGoneThrough(Progress progress) {
        while (progress.hasReached(goals)) {
            if (stages == progress.repartitionTopics()) {
                return true;
            }
            stages++;
            goals = progress.repartitionEnds();
        }
        return false;
    }
}
