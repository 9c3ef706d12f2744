package dev.kappa.reprocessing.publish;

import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.PositionNote;
import dev.kappa.reprocessing.diff.KeyTable.Held;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/** The decisions of a {@link Publisher}: pure functions of the catalog, of committed offsets, and of two values of a key. */
final class PublishingPlan {

    private PublishingPlan() {}

    /** The next step of a publisher. */
    sealed interface Step {
        /** There is no active version, so there is nothing to publish. */
        record End() implements Step {}

        /** Another version has become active, or the same one again: begin with it. */
        record Begin(ViewVersion version) implements Step {}

        /** Copy more results of the version. */
        record Copy(ViewVersion version) implements Step {}
    }

    /**
     * The step that follows.
     *
     * @param current the version that is being published, if any
     * @param active the version that is active according to the catalog
     */
    static Step next(Optional<ViewVersion> current, Optional<ViewVersion> active) {
        if (active.isEmpty()) {
            return new Step.End();
        }
        boolean isCurrent = current.map(
                        version -> version.activeSince() == active.get().activeSince())
                .orElse(false);
        return isCurrent ? new Step.Copy(active.get()) : new Step.Begin(active.get());
    }

    /** The note of offsets that are committed while the version is active: they count until the next switch. */
    static PositionNote note(ViewVersion version) {
        return new PositionNote(version.activeSince());
    }

    /**
     * The offset from which copying a partition of the version's output continues.
     *
     * @param committed the committed offset of the partition
     * @param now the time
     * @return empty when the published partition has first to be made equal to the output
     */
    static OptionalLong continuesAt(ViewVersion version, @Nullable OffsetAndMetadata committed, Instant now) {
        PositionNote note = PositionNote.of(committed);
        return committed != null && note.epoch() == version.activeSince() && note.isRecent(now)
                ? OptionalLong.of(committed.offset())
                : OptionalLong.empty();
    }

    /**
     * A record that makes the published value of a key equal to the version's.
     *
     * @param timestamp of the record, in milliseconds since the epoch
     * @param value absent: a tombstone
     */
    record Update(long timestamp, Optional<Bytes> value) {}

    /**
     * The update of a key.
     *
     * @param before what is published
     * @param after what the version has
     * @return empty when both are equal
     */
    static Optional<Update> update(Held before, Held after) {
        return switch (after) {
            case Held.Value is
            when !(before instanceof Held.Value was && was.bytes().equals(is.bytes())) ->
                Optional.of(new Update(is.timestamp(), Optional.of(is.bytes())));
            case Held.Nothing _
            when before instanceof Held.Value was -> Optional.of(new Update(was.timestamp(), Optional.empty()));
            default -> Optional.empty();
        };
    }
}
