package dev.kappa.app.config;

/** A setting is missing, unknown or wrong. The message names it and says what to do. */
public final class ConfigurationException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public ConfigurationException(String message) {
        super(message);
    }
}
