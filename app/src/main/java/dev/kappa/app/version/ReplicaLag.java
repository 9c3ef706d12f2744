package dev.kappa.app.version;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
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
 * <p>Where a copy stands is not known after it has left this instance. When it comes back, or changes its role, the position from which it is read tells
 * whether it still has what it had. Thread-safe; nobody who asks waits for a broker.
 */
final class ReplicaLag {

    private static final Logger log = LoggerFactory.getLogger(ReplicaLag.class);
    private static final int MOMENTS = 120;
    private static final Duration LATELY = Duration.ofSeconds(10);

    /** What is known of a copy is forgotten when it has not been here for so long. */
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
        /** The position at which a copy has everything: the last offset before the end may be that of a transaction's end. */
        long needed() {
            return end - 1;
        }
    }

    private record Id(String store, int partition) {}

    /**
     * What is known of a changelog at one moment.
     *
     * @param needed a copy at this position has everything that was there
     */
    private record Moment(Instant at, long needed) {}

    /** What is known of one copy. */
    private static final class Known {
        /** Of the copy's changelog; the newest last. */
        private final Deque<Moment> moments = new ArrayDeque<>();

        private OptionalLong position = OptionalLong.empty();
        private Instant seenAt;

        /** Number of the last change that Kafka Streams has told. */
        private long lastChange;

        private @Nullable Moment restoredTo;
        private @Nullable Copy sampled;
        private boolean wasComplete;

        Known(Instant seenAt) {
            this.seenAt = seenAt;
        }

        synchronized void move(long change, Instant at, long to) {
            lastChange = change;
            seenAt = at;
            position = OptionalLong.of(to);
            sampled = null;
        }

        synchronized void restore(long change, Instant at, Copy copy) {
            move(change, at, copy.position());
            restoredTo = new Moment(at, copy.needed());
            add(restoredTo);
        }

        /**
         * The store is active from now on. It is complete at the position that it has, since the changelog may end with offsets to which no copy comes.
         * Its position is not known until the next sample, or until it is read as a standby.
         */
        synchronized void endRestore(long change) {
            lastChange = change;
            if (restoredTo != null && position.isPresent()) {
                add(new Moment(restoredTo.at(), Math.min(position.getAsLong(), restoredTo.needed())));
            }
            restoredTo = null;
            position = OptionalLong.empty();
        }

        /**
         * Takes a sample.
         *
         * @param change the last change before it; after a later one, the copy stands elsewhere
         */
        synchronized void sample(long change, Instant at, Copy copy, boolean isComplete) {
            if (lastChange <= change) {
                seenAt = at;
                position = OptionalLong.of(copy.position());
                sampled = copy;
                wasComplete = isComplete;
            }
            add(new Moment(at, isComplete ? Math.min(copy.position(), copy.needed()) : copy.needed()));
        }

        /** A sample has not found it. */
        synchronized void miss(long change) {
            if (lastChange <= change) {
                position = OptionalLong.empty();
            }
        }

        private void add(Moment moment) {
            if (!moments.isEmpty() && moments.getLast().needed() == moment.needed()) {
                if (moments.getLast().at().isAfter(moment.at())) {
                    return;
                }
                moments.removeLast();
            }
            moments.addLast(moment);
            if (moments.size() > MOMENTS) {
                moments.removeFirst();
            }
        }

        /** Whether the last sample found it as it is now; if so, whether it was complete. */
        synchronized Optional<Boolean> wasCompleteAs(Copy now) {
            return now.equals(sampled) ? Optional.of(wasComplete) : Optional.empty();
        }

        synchronized Optional<Duration> behind(Instant now) {
            Iterator<Moment> newestFirst = moments.descendingIterator();
            while (position.isPresent() && newestFirst.hasNext()) {
                Moment moment = newestFirst.next();
                if (position.getAsLong() >= moment.needed()) {
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

    /** Counts what Kafka Streams tells of copies. */
    private final AtomicLong changes = new AtomicLong();

    /** The copies that the last sample found. */
    private volatile @Nullable Set<Id> here;

    ReplicaLag(Changelogs changelogs) {
        this.changelogs = changelogs;
    }

    /**
     * Takes a sample of all stores that are here.
     *
     * @param at the time now
     * @param look finds where they stand, by store and partition; may wait for brokers
     */
    void sample(Instant at, Supplier<Map<String, Map<Integer, Copy>>> look) {
        long before = changes.get();
        var found = new HashSet<Id>();
        look.get()
                .forEach((store, partitions) -> partitions.forEach((partition, copy) -> {
                    Known known = known(store, partition, at);
                    known.sample(before, at, copy, isComplete(store, partition, known, copy));
                    found.add(new Id(store, partition));
                }));
        here = Set.copyOf(found);
        copies.forEach((id, known) -> {
            if (!found.contains(id)) {
                known.miss(before);
            }
        });
        copies.values().removeIf(known -> !known.isSeenSince(at.minus(LONGEST_ABSENCE)));
    }

    private boolean isComplete(String store, int partition, Known known, Copy copy) {
        if (copy.position() >= copy.needed()) {
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

    /** A store begins to be restored. Nobody else writes to its changelog from now on. */
    void restoring(String store, int partition, Instant at, Copy copy) {
        known(store, partition, at).restore(changes.incrementAndGet(), at, copy);
    }

    /** A store that was being restored has come to the end of its changelog. */
    void restored(String store, int partition, Instant at) {
        known(store, partition, at).endRestore(changes.incrementAndGet());
    }

    /** A copy has come to a position of its changelog, or is read from there on. */
    void reached(String store, int partition, Instant at, long position) {
        known(store, partition, at).move(changes.incrementAndGet(), at, position);
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
