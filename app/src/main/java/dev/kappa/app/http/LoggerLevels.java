package dev.kappa.app.http;

import io.micronaut.context.annotation.Primary;
import io.micronaut.management.endpoint.loggers.impl.LogbackLoggingSystem;
import jakarta.inject.Singleton;

/** The levels of Logback's loggers, behind {@code /loggers}; also where another logging system is on the class path. */
@Singleton
@Primary
final class LoggerLevels extends LogbackLoggingSystem {

    LoggerLevels() {
        super("logback.xml");
    }
}
