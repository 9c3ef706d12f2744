package dev.kappa.app.http;

import io.micronaut.context.annotation.Primary;
import io.micronaut.logging.LogLevel;
import io.micronaut.management.endpoint.loggers.impl.LogbackLoggingSystem;
import jakarta.inject.Singleton;

/**
 * The levels of Logback's loggers, behind {@code /loggers}; also where another logging system is on the class path. The security log cannot be
 * silenced there: who did so would leave no trace.
 */
@Singleton
@Primary
final class LoggerLevels extends LogbackLoggingSystem {

    LoggerLevels() {
        super("logback.xml");
    }

    @Override
    public void setLogLevel(String name, LogLevel level) {
        if (SecurityLog.LOGGER.equals(name)) {
            throw ProblemException.forbidden("The level of logger " + name + " cannot be changed over HTTP");
        }
        super.setLogLevel(name, level);
    }
}
