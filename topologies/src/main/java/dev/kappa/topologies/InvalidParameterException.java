package dev.kappa.topologies;

/** A view has no such parameter, or the parameter does not permit the value. The message is for the one who set it. */
public final class InvalidParameterException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    InvalidParameterException(String message, Throwable cause) {
        super(message, cause);
    }

    InvalidParameterException(String message) {
        super(message);
    }
}
