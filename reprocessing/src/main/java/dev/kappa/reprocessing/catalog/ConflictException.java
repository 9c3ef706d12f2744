package dev.kappa.reprocessing.catalog;

import java.util.List;
import java.util.stream.Collectors;

/** Somebody else changed the view first; nothing was changed. */
public final class ConflictException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient List<CatalogChange> changes;

    ConflictException(String view, long basedOn, List<CatalogChange> changes) {
        super("View " + view + " has changed since epoch " + basedOn
                + ", which this command was based on; nothing was done. "
                + changes.stream()
                        .map(change -> "Epoch " + change.epoch() + ", " + change.by() + ", " + change.command() + ": "
                                + change.summary() + ".")
                        .collect(Collectors.joining(" "))
                + " Review the change, and repeat the command if you still want it.");
        this.changes = List.copyOf(changes);
    }

    /** The changes that others made. */
    public List<CatalogChange> changes() {
        return changes;
    }
}
