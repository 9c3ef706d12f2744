package dev.kappa.reprocessing.reader;

import dev.kappa.reprocessing.cluster.LatestTimes;
import dev.kappa.reprocessing.cluster.PositionNote;
import dev.kappa.reprocessing.cluster.VersionId;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** From where a {@link ViewReader} reads a partition of the active version: pure functions of what its group has committed. */
sealed interface ReadingPlan {

    /** The offset that is committed: the group has read this version before, since the same switch. */
    record Resume() implements ReadingPlan {
        @Override
        public PositionNote note(PositionNote committed, long epoch) {
            return committed;
        }
    }

    /** The first result. */
    record FromBeginning() implements ReadingPlan {
        @Override
        public PositionNote note(PositionNote committed, long epoch) {
            return new PositionNote(epoch);
        }
    }

    /**
     * The first result of a time.
     *
     * @param time event time up to which the group had read the version before, in milliseconds since the epoch
     * @param passed the newest event time of what it had read
     */
    record FromTime(long time, long passed) implements ReadingPlan {
        @Override
        public PositionNote note(PositionNote committed, long epoch) {
            return new PositionNote(epoch, passed, passed, LatestTimes.from(time), 0);
        }
    }

    /**
     * The note of the partition from now on.
     *
     * @param committed the note that is committed
     * @param epoch since when the version has been active
     */
    PositionNote note(PositionNote committed, long epoch);

    /**
     * The version that the group has read before.
     *
     * @param version the version it has read last
     * @param epoch since when that version had been active
     * @param notes of its partitions
     */
    record Before(VersionId version, long epoch, Map<Integer, PositionNote> notes) {
        public Before {
            notes = Map.copyOf(notes);
        }

        /**
         * The version that a member of the group has read last. Not all it has read may have been committed, and commits are gone with a topic.
         *
         * @param committed what the group has committed
         * @param version the version that the member has read
         * @param epoch since when that version had been active
         * @param own notes of the partitions that the member has read
         */
        static Before of(Optional<Before> committed, VersionId version, long epoch, Map<Integer, PositionNote> own) {
            if (committed.isPresent() && committed.get().epoch() > epoch) {
                return committed.get();
            }
            var notes = new HashMap<Integer, PositionNote>();
            committed.filter(known -> known.epoch() == epoch).ifPresent(known -> notes.putAll(known.notes()));
            notes.putAll(own);
            return new Before(version, epoch, notes);
        }
    }

    /**
     * The version that the group read last before a switch.
     *
     * @param committed notes by version and partition
     * @param activeSince epoch of the switch that made the active version active
     * @return empty when it has read nothing before
     */
    static Optional<Before> before(Map<VersionId, Map<Integer, PositionNote>> committed, long activeSince) {
        Optional<Before> newest = Optional.empty();
        for (Map.Entry<VersionId, Map<Integer, PositionNote>> version : committed.entrySet()) {
            var notes = new HashMap<Integer, PositionNote>();
            long epoch = 0;
            for (Map.Entry<Integer, PositionNote> partition : version.getValue().entrySet()) {
                PositionNote note = partition.getValue();
                if (note.epoch() > 0 && note.epoch() != activeSince) {
                    notes.put(partition.getKey(), note);
                    epoch = Math.max(epoch, note.epoch());
                }
            }
            if (epoch > newest.map(Before::epoch).orElse(0L)) {
                newest = Optional.of(new Before(version.getKey(), epoch, notes));
            }
        }
        return newest;
    }

    /**
     * The plan for one partition. A key is in the same partition of both versions; a partition of which nothing was read before is
     * read from its beginning.
     *
     * @param committed the note of the partition's committed offset
     * @param epoch since when the version has been active
     * @param now the time: a group that was away for too long may have missed deletions, and begins anew
     */
    static ReadingPlan of(
            ViewReader.Policy policy,
            PositionNote committed,
            long epoch,
            Optional<Before> before,
            int partition,
            Instant now) {
        if (committed.epoch() == epoch) {
            return committed.isRecent(now) ? new Resume() : new FromBeginning();
        }
        Optional<PositionNote> read =
                before.map(version -> version.notes().get(partition)).filter(note -> note.reached() != Long.MIN_VALUE);
        return policy == ViewReader.Policy.CONTINUE && read.isPresent()
                ? new FromTime(read.get().continueFrom(), read.get().reached())
                : new FromBeginning();
    }
}
