package dev.kappa.avro;

import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * The registry could not be asked within the bounded number of attempts. Says nothing about the record at hand: it must
 * not become a dead letter, so this is deliberately no {@link
 * org.apache.kafka.common.errors.SerializationException}.
 */
public final class SchemaRegistryUnavailableException extends KafkaException {

    private static final long serialVersionUID = 1L;

    SchemaRegistryUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** Whether a failure was caused, at any depth, by a registry that could not be reached. */
    public static boolean isCauseOf(@Nullable Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SchemaRegistryUnavailableException) {
                return true;
            }
        }
        return false;
    }
}
