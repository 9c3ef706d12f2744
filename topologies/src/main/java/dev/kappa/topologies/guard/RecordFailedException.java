package dev.kappa.topologies.guard;

import org.jspecify.annotations.Nullable;

/** A record that a view's operators cannot process, for whatever reason; it goes to the dead letters. */
public final class RecordFailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public RecordFailedException(String message) {
        this(message, null);
    }

    public RecordFailedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
