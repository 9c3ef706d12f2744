package dev.kappa.reprocessing.catalog;

import dev.kappa.reprocessing.cluster.Sha256;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Checks that the entries of the audit trail follow each other: their epochs grow by one, and each names the entry before it by its SHA-256.
 * A break says that something else than Kappa wrote to the topic, or that entries are gone. Whoever can write to the topic can also
 * continue the chain with an entry of their own; what the chain shows is that the past was changed. Not thread-safe.
 */
final class AuditChain {

    /** Epochs, and versions of a view, are numbered one by one. A larger step is none of ours: it would use up the numbers. */
    static final int MAX_STEP = 1_000_000;

    private static final int MAX_BREAKS = 100;

    private final List<String> breaks = new ArrayList<>();
    private long more;
    private long epoch;
    private @Nullable String last;
    private boolean isChained;

    /**
     * Takes note of the next entry.
     *
     * @param epoch the one that its key names
     * @param offset where it is
     * @param payload its encoded bytes; null when it was deleted
     * @param change what they say; empty when they cannot be read
     * @return whether the epoch counts
     */
    boolean next(long epoch, long offset, byte @Nullable [] payload, Optional<CatalogChange> change) {
        if (epoch <= this.epoch) {
            broken("The entry of epoch " + epoch + " at offset " + offset + " comes after that of epoch " + this.epoch);
            return false;
        }
        if (epoch - this.epoch > MAX_STEP) {
            broken("The entry at offset " + offset + " claims epoch " + epoch + " after " + this.epoch
                    + ", and is left alone");
            return false;
        }
        if (epoch > this.epoch + 1) {
            broken("The entries between epochs " + this.epoch + " and " + epoch + " are missing");
        } else {
            check(epoch, offset, change);
        }
        isChained |= change.flatMap(CatalogChange::previous).isPresent();
        this.epoch = epoch;
        this.last = Sha256.of(payload == null ? new byte[0] : payload);
        return true;
    }

    private void check(long epoch, long offset, Optional<CatalogChange> change) {
        if (change.isEmpty()) {
            broken("The entry of epoch " + epoch + " at offset " + offset + " cannot be read");
            return;
        }
        Optional<String> previous = change.get().previous();
        if (previous.isPresent() && !previous.get().equals(last)) {
            broken("The entry of epoch " + epoch + " at offset " + offset + " does not follow the one before it");
        } else if (previous.isEmpty() && isChained) {
            broken("The entry of epoch " + epoch + " at offset " + offset
                    + " is not chained: an older release wrote it, or something else than Kappa");
        }
    }

    private void broken(String text) {
        if (breaks.size() < MAX_BREAKS) {
            breaks.add(text);
        } else {
            more++;
        }
    }

    /** The epoch of the last entry that counts; 0 before the first. */
    long epoch() {
        return epoch;
    }

    /** What the next entry names as the one before it. */
    Optional<String> last() {
        return Optional.ofNullable(last);
    }

    /** Where the chain is broken, in the order of the entries: the first hundred places, and how many more there are. */
    List<String> breaks() {
        var all = new ArrayList<>(breaks);
        if (more > 0) {
            all.add("There are " + more + " more breaks");
        }
        return all;
    }
}
