package dev.kappa.avro;

import org.apache.kafka.common.errors.SerializationException;

/**
 * A record can be read, but it is of another type than its reader expects: topics may carry several. The record is not
 * broken, so that a reader may decide to skip such records.
 */
public final class RecordTypeException extends SerializationException {

    private static final long serialVersionUID = 1L;

    RecordTypeException(String message) {
        super(message);
    }

    /** Whether a failure was caused, at any depth, by a record of another type. */
    public static boolean isCauseOf(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof RecordTypeException) {
                return true;
            }
        }
        return false;
    }
}
