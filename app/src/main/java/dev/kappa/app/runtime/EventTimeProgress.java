package dev.kappa.app.runtime;

import dev.kappa.topologies.InputObserver;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** How far a version has come: the newest event time it has taken up, and how many records. Thread-safe. */
final class EventTimeProgress implements InputObserver {

    private final LongAccumulator newest = new LongAccumulator(Math::max, Long.MIN_VALUE);
    private final LongAdder records = new LongAdder();
    private final Throttle throttle;
    private final boolean aligned;
    private volatile BooleanSupplier behind = () -> false;
    private volatile Supplier<Duration> commitInterval = () -> Duration.ZERO;

    /**
     * Of a version.
     *
     * @param aligned whether its inputs are aligned
     */
    EventTimeProgress(Throttle throttle, boolean aligned) {
        this.throttle = throttle;
        this.aligned = aligned;
    }

    /** Says who knows whether the version is behind, and how soon it commits while it is not. */
    void commits(BooleanSupplier isBehind, Supplier<Duration> interval) {
        behind = isBehind;
        commitInterval = interval;
    }

    @Override
    public boolean isBehind() {
        return behind.getAsBoolean();
    }

    @Override
    public Duration commitInterval() {
        return commitInterval.get();
    }

    @Override
    public boolean marksPartitionTime() {
        return aligned;
    }

    @Override
    public long present() {
        return System.currentTimeMillis();
    }

    @Override
    public void observed(String topic, int partition, long eventTime) {
        throttle.acquire();
        if (eventTime >= 0) {
            newest.accumulate(eventTime);
        }
        records.increment();
    }

    /** Empty before the first record. */
    Optional<Instant> newest() {
        long millis = newest.get();
        return millis == Long.MIN_VALUE ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
    }

    /** Input records taken up since this instance started. */
    long records() {
        return records.sum();
    }
}
