package dev.kappa.localdev.load;

/** A row makes no event; the message says why. */
final class BadRowException extends Exception {

    private static final long serialVersionUID = 1L;

    BadRowException(String message) {
        super(message);
    }
}
