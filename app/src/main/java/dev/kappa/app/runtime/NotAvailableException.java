package dev.kappa.app.runtime;

/** A store, or some of its partitions, cannot be read here now; trying again later may help. */
public final class NotAvailableException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public NotAvailableException(String message) {
        super(message);
    }
}
