package dev.kappa.app.version;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far the copies of stores on this instance, active or not, are behind, in time. Once a copy has come to where its changelog ended at some
 * moment, it has everything that was there at that moment. Ends come from samples, which one thread takes of all copies, and from Kafka Streams when
 * it begins to restore a store. Between samples, Kafka Streams tells where copies begin and how far they come.
 *
 * <p>What ends a transaction takes an offset, and so does what was aborted; a copy never comes to those. Where a sample finds one
 * still short of the end, the changelog is looked at.
 *
 * <p>A copy that leaves this instance for a while, or changes its role, keeps what was known of it: where it begins again tells whether it still
 * has that. Thread-safe; no reader waits for a broker.
 */
final class ReplicaLag {

    private static final Logger log = LoggerFactory.getLogger(ReplicaLag.class);
    private static final int SAMPLES = 120;
    private static final Duration LATELY = Duration.ofSeconds(10);

    /** Kafka Streams deletes the directory of a task that has left after ten minutes. */
    private static final Duration LONGEST_ABSENCE = Duration.ofMinutes(5);

    /** Whether a store's changelog has records, or may have, between two offsets. */
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
    record Copy(long position, long end) {
        boolean isAtEnd() {
            return position >= end - 1;
        }
    }

    private record Id(String store, int partition) {}

    /**
     * What a moment tells.
     *
     * @param needed a copy at this position has everything that was in the changelog then
     */
    private record Moment(Instant at, long needed) {}

    /** What is known of one copy. */
    private static final class Known {
        private final Deque<Moment> moments = new ArrayDeque<>();
        private long position;
        private long start;
        private Instant seenAt;
        private @Nullable Copy sampled;
        private boolean wasComplete;

        Known(Instant seenAt) {
            this.seenAt = seenAt;
        }

        /** It may be one that has lost its state. */
        synchronized void start(long number, Instant at, long from) {
            start = number;
            move(at, from);
            sampled = null;
        }

        synchronized void learnEnd(Instant at, long end) {
            add(new Moment(at, end - 1));
        }

        synchronized void move(Instant at, long to) {
            seenAt = at;
            position = to;
        }

        /** Takes a sample, unless the copy was started anew after this number of starts: where it stood before says nothing. */
        synchronized void sample(long starts, Instant at, Copy copy, boolean isComplete) {
            if (start > starts) {
                return;
            }
            move(at, copy.position());
            sampled = copy;
            wasComplete = isComplete;
            add(new Moment(at, isComplete ? Math.min(copy.position(), copy.end() - 1) : copy.end() - 1));
        }

        private void add(Moment moment) {
            moments.addLast(moment);
            if (moments.size() > SAMPLES) {
                moments.removeFirst();
            }
        }

        /** Whether the last sample found it as it is now; if so, whether it was complete. */
        synchronized Optional<Boolean> wasCompleteAs(Copy now) {
            return now.equals(sampled) ? Optional.of(wasComplete) : Optional.empty();
        }

        synchronized Optional<Duration> behind(Instant now) {
            Iterator<Moment> newestFirst = moments.descendingIterator();
            while (newestFirst.hasNext()) {
                Moment moment = newestFirst.next();
                if (position >= moment.needed()) {
                    Duration behind = Duration.between(moment.at(), now);
                    return Optional.of(behind.isNegative() ? Duration.ZERO : behind);
                }
            }
            return Optional.empty();
        }

        synchronized boolean isSeenSince(Instant time) {
            return !seenAt.isBefore(time);
        }
    }

    private final Changelogs changelogs;
    private final Map<Id, Known> copies = new ConcurrentHashMap<>();
    private final AtomicLong starts = new AtomicLong();

    /** The copies that the last sample found. */
    private volatile @Nullable Set<Id> here;

    ReplicaLag(Changelogs changelogs) {
        this.changelogs = changelogs;
    }

    /**
     * Takes a sample of all stores that are here.
     *
     * @param at the time now
     * @param look looks where they stand, by store and partition
     */
    void sample(Instant at, Supplier<Map<String, Map<Integer, Copy>>> look) {
        long before = starts.get();
        Map<String, Map<Integer, Copy>> found = look.get();
        found.forEach((store, partitions) -> partitions.forEach((partition, copy) -> {
            Known known = known(store, partition, at);
            known.sample(before, at, copy, isComplete(store, partition, known, copy));
        }));
        here = found.entrySet().stream()
                .flatMap(
                        store -> store.getValue().keySet().stream().map(partition -> new Id(store.getKey(), partition)))
                .collect(Collectors.toSet());
        copies.values().removeIf(known -> !known.isSeenSince(at.minus(LONGEST_ABSENCE)));
    }

    private boolean isComplete(String store, int partition, Known known, Copy copy) {
        if (copy.isAtEnd()) {
            return true;
        }
        Optional<Boolean> before = known.wasCompleteAs(copy);
        if (before.isEmpty()) {
            return false;
        }
        try {
            return before.get() || !changelogs.haveRecords(store, partition, copy.position(), copy.end());
        } catch (InterruptException e) {
            throw e;
        } catch (KafkaException e) {
            log.debug("Changelog cannot be looked at: store={} failure=\"{}\"", store, e.toString());
            return false;
        }
    }

    /** The state that is here, if any, is taken for a copy up to a position. */
    void started(String store, int partition, Instant at, long from) {
        known(store, partition, at).start(starts.incrementAndGet(), at, from);
    }

    /** A store begins to be restored from what is here up to a position; only this instance writes to its changelog, which has an end. */
    void started(String store, int partition, Instant at, Copy copy) {
        started(store, partition, at, copy.position());
        known(store, partition, at).learnEnd(at, copy.end());
    }

    /** A copy has come to a position. */
    void reached(String store, int partition, Instant at, long position) {
        known(store, partition, at).move(at, position);
    }

    private Known known(String store, int partition, Instant at) {
        return copies.computeIfAbsent(new Id(store, partition), _ -> new Known(at));
    }

    /** How long ago a copy had everything, as of a time; empty when that is not known. */
    Optional<Duration> behind(String store, int partition, Instant now) {
        return behind(new Id(store, partition), now);
    }

    private Optional<Duration> behind(Id id, Instant now) {
        return Optional.ofNullable(copies.get(id)).flatMap(known -> known.behind(now));
    }

    /** How many copies are not known to have had everything of late; empty before the first sample. */
    Optional<Integer> incomplete(Instant now) {
        return Optional.ofNullable(here).map(all ->
                (int) all.stream().filter(id -> !isComplete(id, now)).count());
    }

    /** How many copies of some stores are known to have had everything of late. */
    int complete(Set<String> stores, Instant now) {
        Set<Id> all = here;
        return all == null
                ? 0
                : (int) all.stream()
                        .filter(id -> stores.contains(id.store()) && isComplete(id, now))
                        .count();
    }

    private boolean isComplete(Id id, Instant now) {
        return behind(id, now).filter(age -> age.compareTo(LATELY) < 0).isPresent();
    }
}
