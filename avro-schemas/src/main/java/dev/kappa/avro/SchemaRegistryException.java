package dev.kappa.avro;

import org.apache.kafka.common.errors.SerializationException;

/** The registry answered, and the answer was no: an unknown id or subject, a schema it does not accept. */
public final class SchemaRegistryException extends SerializationException {

    private static final long serialVersionUID = 1L;

    private final int status;

    SchemaRegistryException(int status, String message) {
        super(message);
        this.status = status;
    }

    /** The HTTP status of the registry's answer. */
    public int status() {
        return status;
    }

    /** Whether the registry does not have what was asked for, as opposed to refusing it. */
    public boolean isNotFound() {
        return status == 404;
    }
}
