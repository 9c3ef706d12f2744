package dev.kappa.topologies;

/** An event that can be read but makes no sense to a view; it goes to the dead letters. */
public final class InvalidEventException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public InvalidEventException(String message) {
        super(message);
    }
}
