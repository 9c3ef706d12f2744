package dev.kappa.reprocessing.cluster;

/** An operation that the current state does not allow. The message says why and what to do. */
public final class RefusedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public RefusedException(String message) {
        super(message);
    }
}
