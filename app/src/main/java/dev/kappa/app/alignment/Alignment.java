package dev.kappa.app.alignment;

import dev.kappa.app.alignment.Position.Standing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Says how far each source partition of a version may be read: a partition of a stream at most a bound beyond the slowest
 * other one, and not beyond what is known of the tables it may be joined with.
 *
 * <p>A partition that has more to read holds the others. One at its end holds them for an idle timeout, in which more may
 * come; in a replay not at all. Tables are read without waiting, and first: a join looks up what a table said at the
 * record's time, so it does no harm when the table is ahead.
 *
 * <p>A partition never waits for itself, and of those that wait the one with the earliest next event waits for none, so
 * that something always continues.
 *
 * <p>Thread-safe; does no I/O. Times are in milliseconds since the epoch.
 */
public final class Alignment {

    /** Tables that are being changed do not hold events that are no older than this: live, nothing waits. */
    private static final long PRESENT_MS = 60_000;

    /** A partition is said to be reading only when it has been for so long; a single record is read at once. */
    private static final long LASTING_MS = 100;

    /** The part that a partition plays in the view. */
    public enum Role {
        STREAM,
        /** A table whose records have event times. */
        TABLE,
        /** A table whose records hold for all times. */
        TIMELESS_TABLE
    }

    /**
     * How far a partition may be read.
     *
     * @param until events up to this time may be handed over
     * @param untilIdle those after this time wait for more of a table, unless they are of the present
     * @param presentFrom from when on an event is of the present
     * @param on the partition that holds it, if one does
     */
    public record Limit(
            long until,
            long untilIdle,
            long presentFrom,
            @Nullable TopicPartition on) {
        /** Whether an event of this time may be handed over; one without a time always may. */
        public boolean allows(long time) {
            return time == Position.NO_TIME || (time <= until && (time <= untilIdle || time >= presentFrom));
        }
    }

    /**
     * A partition that waits.
     *
     * @param partition which one
     * @param on the partition it waits for
     * @param time event time of its next record
     * @param since since when it has waited
     */
    public record Wait(TopicPartition partition, TopicPartition on, long time, long since) {}

    private final long bound;
    private final long idle;
    private final Map<TopicPartition, Role> partitions = new HashMap<>();
    private Set<TopicPartition> streams = Set.of();
    private final Map<TopicPartition, Position> here = new HashMap<>();
    private final Map<TopicPartition, Position> elsewhere = new HashMap<>();
    private final Map<TopicPartition, Position> told = new HashMap<>();
    private final Map<TopicPartition, Wait> waits = new HashMap<>();

    /**
     * Knows no partition yet.
     *
     * @param bound how far a stream's partition may be ahead of the slowest
     * @param idle how long a partition at its end holds the others
     */
    public Alignment(Duration bound, Duration idle) {
        this.bound = bound.toMillis();
        this.idle = idle.toMillis();
    }

    /** Adds source partitions of the version, whichever instance reads them. */
    public synchronized void add(List<TopicPartition> some, Role role) {
        some.forEach(partition -> partitions.put(partition, role));
        streams = partitions.entrySet().stream()
                .filter(entry -> entry.getValue() == Role.STREAM)
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Where a partition that is read here stands now. */
    public synchronized void here(TopicPartition partition, Position position) {
        here.put(partition, onward(here.getOrDefault(partition, elsewhere.get(partition)), position));
    }

    /** A partition whose task moves or is restored has not gone back: what was known of it counts until more is. */
    private static Position onward(@Nullable Position before, Position now) {
        if (before == null || before.standing() == Standing.UNKNOWN || before.standing() == Standing.LOADING) {
            return now;
        }
        if (now.standing() == Standing.UNKNOWN || now.standing() == Standing.LOADING) {
            return before;
        }
        return before.time() <= now.time() ? now : new Position(before.time(), now.standing(), now.since());
    }

    /** A partition is no longer read here; its last position counts until another instance reports one. */
    public synchronized void gone(TopicPartition partition) {
        Position last = here.remove(partition);
        if (last != null) {
            elsewhere.put(partition, last);
        }
        told.remove(partition);
        waits.remove(partition);
    }

    /**
     * Takes the positions that another instance has reported. Since when a partition stands as it does counts from the arrival of the
     * report: the clocks of two hosts differ.
     *
     * @param now in milliseconds since the epoch, by the clock of this host
     */
    public synchronized void elsewhere(Map<TopicPartition, Position> positions, long now) {
        positions.forEach((partition, reported) -> {
            Position before = elsewhere.get(partition);
            long since = before != null && before.standing() == reported.standing() ? before.since() : now;
            elsewhere.put(partition, onward(before, new Position(reported.time(), reported.standing(), since)));
        });
    }

    /**
     * How far each partition of the streams may be read, by where all partitions stand now. Made once for a poll, in one pass over the
     * partitions.
     *
     * @param now in milliseconds since the epoch
     */
    public synchronized Limits limits(long now) {
        var ofBusy = new Bounds();
        var ofIdle = new Bounds();
        partitions.forEach((partition, role) -> {
            Position position = position(partition);
            boolean presentPasses = switch (position.standing()) {
                case UNKNOWN, LOADING -> false;
                case READING -> role == Role.TIMELESS_TABLE;
                case AT_END, OVER -> role != Role.STREAM;
            };
            if (role == Role.STREAM) {
                long allowed = allowedByStream(position, now);
                ofBusy.add(partition, allowed, presentPasses);
                ofIdle.add(partition, allowed, presentPasses);
            } else {
                ofBusy.add(partition, allowedByTable(role, position, true, now), presentPasses);
                ofIdle.add(partition, allowedByTable(role, position, false, now), presentPasses);
            }
        });
        return new Limits(ofBusy, ofIdle, streams, now);
    }

    /** The limits of all partitions at a moment. Not thread-safe. */
    public final class Limits {

        private static final Limit NONE = new Limit(Long.MAX_VALUE, Long.MAX_VALUE, Long.MIN_VALUE, null);

        private final Bounds ofBusy;
        private final Bounds ofIdle;
        private final Set<TopicPartition> streams;
        private final long now;

        private Limits(Bounds ofBusy, Bounds ofIdle, Set<TopicPartition> streams, long now) {
            this.ofBusy = ofBusy;
            this.ofIdle = ofIdle;
            this.streams = streams;
            this.now = now;
        }

        /**
         * The limit of one partition, which is set by the others. Tables have none.
         *
         * @param busySince since when it has had something to read, in milliseconds since the epoch
         */
        public Limit of(TopicPartition partition, long busySince) {
            if (!streams.contains(partition)) {
                return NONE;
            }
            // A table's record may become visible after a stream's record that was written later.
            Bounds bounds = now - busySince < idle ? ofBusy : ofIdle;
            return new Limit(
                    bounds.always.without(partition).allowed(),
                    bounds.unlessPresent.without(partition).allowed(),
                    now - PRESENT_MS,
                    bounds.any.without(partition).by());
        }
    }

    /** The lowest bounds that partitions set. */
    private static final class Bounds {

        private final TwoLowest always = new TwoLowest();

        /** Those that events of the present may pass. */
        private final TwoLowest unlessPresent = new TwoLowest();

        private final TwoLowest any = new TwoLowest();

        void add(TopicPartition by, long allowed, boolean presentPasses) {
            (presentPasses ? unlessPresent : always).add(by, allowed);
            any.add(by, allowed);
        }
    }

    /** The two lowest bounds: a partition is not bound by itself. */
    private static final class TwoLowest {

        private static final Bound NONE = new Bound(Long.MAX_VALUE, null);

        private Bound lowest = NONE;
        private Bound second = NONE;

        /** A bound, and the partition that sets it; null when none does. */
        private record Bound(long allowed, @Nullable TopicPartition by) {}

        void add(TopicPartition by, long allowed) {
            if (allowed < lowest.allowed()) {
                second = lowest;
                lowest = new Bound(allowed, by);
            } else if (allowed < second.allowed()) {
                second = new Bound(allowed, by);
            }
        }

        Bound without(TopicPartition partition) {
            return partition.equals(lowest.by()) ? second : lowest;
        }
    }

    /** Whether all partitions of a table have been read, in the whole fleet, to where they ended when they were assigned. */
    synchronized boolean isRead(String topic) {
        List<TopicPartition> ofTopic = partitions.keySet().stream()
                .filter(partition -> partition.topic().equals(topic))
                .toList();
        return !ofTopic.isEmpty()
                && ofTopic.stream()
                        .map(partition -> position(partition).standing())
                        .allMatch(standing -> switch (standing) {
                            case READING, AT_END, OVER -> true;
                            case UNKNOWN, LOADING -> false;
                        });
    }

    private Position position(TopicPartition partition) {
        Position local = here.get(partition);
        return local == null ? elsewhere.getOrDefault(partition, Position.UNKNOWN) : local;
    }

    /** Up to when another partition of a stream lets a stream's partition be read. */
    private long allowedByStream(Position position, long now) {
        return switch (position.standing()) {
            case UNKNOWN, LOADING -> Long.MIN_VALUE;
            case READING -> position.time() == Position.NO_TIME ? Long.MIN_VALUE : position.time() + bound;
            // A partition that has ended without any event says nothing about event time.
            case AT_END ->
                now - position.since() >= idle || position.time() == Position.NO_TIME
                        ? Long.MAX_VALUE
                        : position.time() + bound;
            case OVER -> Long.MAX_VALUE;
        };
    }

    /**
     * Up to when a table lets a stream's partition be read. What was written to the table before it was to the stream may
     * still be on its way here when the stream's events come, so a table at its end holds those too for a while.
     *
     * @param isBusy whether the stream's partition has had something to read for less than the idle timeout
     */
    private long allowedByTable(Role role, Position position, boolean isBusy, long now) {
        long time = role == Role.TIMELESS_TABLE ? Position.NO_TIME : position.time();
        return switch (position.standing()) {
            case UNKNOWN, LOADING -> Long.MIN_VALUE;
            case READING -> time;
            case AT_END -> now - position.since() >= idle && !isBusy ? Long.MAX_VALUE : time;
            case OVER -> Long.MAX_VALUE;
        };
    }

    /** A partition that is read here waits. */
    public synchronized void waits(Wait wait) {
        waits.merge(
                wait.partition(),
                wait,
                (before, now) -> new Wait(now.partition(), now.on(), now.time(), before.since()));
    }

    /** A partition that is read here does not wait. */
    public synchronized void doesNotWait(TopicPartition partition) {
        waits.remove(partition);
    }

    /** The partitions that are read here and wait. */
    public synchronized List<Wait> waiting() {
        return List.copyOf(waits.values());
    }

    /** Whether others should hear where the partitions that are read here stand. */
    public synchronized boolean hasNews(long now) {
        return here.entrySet().stream().anyMatch(entry -> isNews(entry.getKey(), entry.getValue(), now));
    }

    private boolean isNews(TopicPartition partition, Position position, long now) {
        Position before = told.get(partition);
        if (before == null) {
            return true;
        }
        boolean moved = position.time() != before.time()
                && (before.time() == Position.NO_TIME || position.time() - before.time() > bound / 8);
        boolean stands = position.standing() != before.standing() && now - position.since() >= LASTING_MS;
        return moved || stands;
    }

    /** Where the partitions that are read here stand, to be told to others. */
    public synchronized Map<TopicPartition, Position> tell() {
        told.clear();
        told.putAll(here);
        return Map.copyOf(here);
    }

    /** How far apart the partitions of streams are that have more to read; zero with fewer than two. */
    public synchronized Duration skew() {
        var times = new ArrayList<Long>();
        partitions.forEach((partition, role) -> {
            Position position = position(partition);
            if (role == Role.STREAM && position.standing() == Standing.READING && position.time() != Position.NO_TIME) {
                times.add(position.time());
            }
        });
        if (times.size() < 2) {
            return Duration.ZERO;
        }
        times.sort(Long::compare);
        return Duration.ofMillis(Objects.requireNonNull(times.getLast()) - Objects.requireNonNull(times.getFirst()));
    }
}
