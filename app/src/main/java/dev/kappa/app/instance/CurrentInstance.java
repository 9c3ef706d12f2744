package dev.kappa.app.instance;

import dev.kappa.app.config.NotAvailableException;

/** The way from HTTP, which is up before anything else, to what answers requests. Thread-safe. */
@FunctionalInterface
public interface CurrentInstance {

    /**
     * The instance that runs now; a request reads it once.
     *
     * @throws NotAvailableException before the start is complete, and after the end
     */
    RunningInstance get();
}
