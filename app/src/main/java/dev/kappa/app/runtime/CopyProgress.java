package dev.kappa.app.runtime;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.streams.LagInfo;

/**
 * How far the copies of stores on this instance, active or not, are behind, in time, by samples of their changelogs: a copy has
 * everything that was in the changelog at a sample when it has come to where the end was then. Thread-safe.
 *
 * <p>What ends a transaction takes an offset, and so does what was aborted; a copy never comes to those. It has everything,
 * too, when between two samples neither it nor the end has moved.
 */
final class CopyProgress {

    private static final int SAMPLES = 120;

    private record Sample(Instant at, long position, long end) {}

    private final Map<String, Map<Integer, Deque<Sample>>> samples = new HashMap<>();

    /** Takes a sample of all stores that are here; those that no longer are, are forgotten. */
    synchronized void sample(Instant at, Map<String, Map<Integer, LagInfo>> lags) {
        samples.keySet().retainAll(lags.keySet());
        lags.forEach((store, partitions) -> {
            Map<Integer, Deque<Sample>> known = samples.computeIfAbsent(store, _ -> new HashMap<>());
            known.keySet().retainAll(partitions.keySet());
            partitions.forEach((partition, lag) -> {
                Deque<Sample> all = known.computeIfAbsent(partition, _ -> new ArrayDeque<>());
                all.addLast(new Sample(at, lag.currentOffsetPosition(), lag.endOffsetPosition()));
                if (all.size() > SAMPLES) {
                    all.removeFirst();
                }
            });
        });
    }

    /** How long ago a copy had everything, as of a time; empty when that is not known. */
    synchronized Optional<Duration> behind(String store, int partition, Instant now) {
        Deque<Sample> all = samples.getOrDefault(store, Map.of()).get(partition);
        if (all == null || all.isEmpty()) {
            return Optional.empty();
        }
        Sample newest = all.getLast();
        Sample later = null;
        for (var older = all.descendingIterator(); older.hasNext(); ) {
            Sample sample = older.next();
            boolean stoodStill = later != null && later.position() == sample.position() && later.end() == sample.end();
            if (stoodStill || newest.position() >= sample.end() - 1) {
                Duration behind = Duration.between(sample.at(), now);
                return Optional.of(behind.isNegative() ? Duration.ZERO : behind);
            }
            later = sample;
        }
        return Optional.empty();
    }
}
