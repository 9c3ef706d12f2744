package dev.kappa.localdev.load;

/** A row makes no event; the message says why. */
final class BadRowException extends Exception {

    private static final long serialVersionUID = 1L;

    private final boolean isImplausibleTime;

    BadRowException(String message) {
        this(message, false);
    }

    BadRowException(String message, boolean isImplausibleTime) {
        super(message);
        this.isImplausibleTime = isImplausibleTime;
    }

    /** Whether it has a number where a time belongs that is no plausible one: likely all rows have, in another unit. */
    boolean isImplausibleTime() {
        return isImplausibleTime;
    }
}
