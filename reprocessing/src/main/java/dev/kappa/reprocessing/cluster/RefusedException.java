package dev.kappa.reprocessing.cluster;

/** What was asked for is not allowed in the state things are in. The message says why and what to do. */
public final class RefusedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public RefusedException(String message) {
        super(message);
    }
}
