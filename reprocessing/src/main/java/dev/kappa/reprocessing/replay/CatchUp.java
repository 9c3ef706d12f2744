package dev.kappa.reprocessing.replay;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Decides when a replay has caught up: it has read what there was when it was planned, and has been within a bound of the
 * end of every partition for some time. Not thread-safe.
 */
public final class CatchUp {

    /** How long it has to keep up. */
    static final Duration STAY = Duration.ofSeconds(3);

    private final long maxLag;
    private Optional<Instant> since = Optional.empty();

    /** With the bound, in records, on how far each partition may be from its end. */
    public CatchUp(long maxLag) {
        this.maxLag = maxLag;
    }

    /** Whether it has caught up, given what it looks like now. */
    public boolean observe(Progress progress, Instant now) {
        if (!progress.isRangeDone() || !progress.isWithin(maxLag)) {
            since = Optional.empty();
            return false;
        }
        if (since.isEmpty()) {
            since = Optional.of(now);
        }
        return !now.isBefore(since.get().plus(STAY));
    }
}
