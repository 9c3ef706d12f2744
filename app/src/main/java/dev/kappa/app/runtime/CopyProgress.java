package dev.kappa.app.runtime;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How far the copies of stores on this instance, active or not, are behind, in time, by samples of their changelogs: a copy has
 * everything that was in the changelog at a sample when it has come to where the end was then. Thread-safe.
 *
 * <p>What ends a transaction takes an offset, and so does what was aborted; a copy never comes to those. Where one stands
 * still short of the end, the changelog is looked at.
 */
final class CopyProgress {

    private static final int SAMPLES = 120;
    private static final Duration LATELY = Duration.ofSeconds(10);

    /** Whether a store's changelog has records between two offsets. */
    @FunctionalInterface
    interface Changelogs {
        boolean haveRecords(String store, int partition, long from, long to);
    }

    /**
     * A copy, at one moment.
     *
     * @param position offset in the changelog up to which it has everything
     * @param end where the changelog ended
     */
    record Copy(long position, long end) {}

    private record Sample(Instant at, Copy copy, boolean complete) {}

    private final Changelogs changelogs;
    private final Map<String, Map<Integer, Deque<Sample>>> samples = new HashMap<>();
    private boolean begun;

    CopyProgress(Changelogs changelogs) {
        this.changelogs = changelogs;
    }

    /** Takes a sample of all stores that are here; those that no longer are, are forgotten. */
    synchronized void sample(Instant at, Map<String, Map<Integer, Copy>> copies) {
        begun = true;
        samples.keySet().retainAll(copies.keySet());
        copies.forEach((store, partitions) -> {
            Map<Integer, Deque<Sample>> known = samples.computeIfAbsent(store, _ -> new HashMap<>());
            known.keySet().retainAll(partitions.keySet());
            partitions.forEach((partition, copy) -> {
                Deque<Sample> all = known.computeIfAbsent(partition, _ -> new ArrayDeque<>());
                boolean complete = isComplete(store, partition, all.peekLast(), copy);
                all.addLast(new Sample(at, copy, complete));
                if (all.size() > SAMPLES) {
                    all.removeFirst();
                }
            });
        });
    }

    private boolean isComplete(String store, int partition, @Nullable Sample before, Copy copy) {
        if (copy.position() >= copy.end() - 1) {
            return true;
        }
        return before != null
                && before.copy().equals(copy)
                && (before.complete() || !changelogs.haveRecords(store, partition, copy.position(), copy.end()));
    }

    /** How long ago a copy had everything, as of a time; empty when that is not known. */
    synchronized Optional<Duration> behind(String store, int partition, Instant now) {
        Deque<Sample> all = samples.getOrDefault(store, Map.of()).get(partition);
        if (all == null || all.isEmpty()) {
            return Optional.empty();
        }
        Sample newest = all.getLast();
        for (var older = all.descendingIterator(); older.hasNext(); ) {
            Sample sample = older.next();
            if (sample.complete() || newest.copy().position() >= sample.copy().end() - 1) {
                Duration behind = Duration.between(sample.at(), now);
                return Optional.of(behind.isNegative() ? Duration.ZERO : behind);
            }
        }
        return Optional.empty();
    }

    /** How many copies are not known to have had everything of late; empty before the first sample. */
    synchronized Optional<Integer> incomplete(Instant now) {
        if (!begun) {
            return Optional.empty();
        }
        int count = 0;
        for (var store : samples.entrySet()) {
            for (int partition : store.getValue().keySet()) {
                if (behind(store.getKey(), partition, now)
                        .filter(age -> age.compareTo(LATELY) < 0)
                        .isEmpty()) {
                    count++;
                }
            }
        }
        return Optional.of(count);
    }
}
