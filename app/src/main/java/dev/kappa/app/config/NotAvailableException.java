package dev.kappa.app.config;

/** Something cannot be done now; trying again later may help. The message is for the client. */
public final class NotAvailableException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public NotAvailableException(String message) {
        super(message);
    }
}
