package dev.kappa.avro;

import org.apache.kafka.common.KafkaException;

/**
 * The registry answered, and the answer was no: wrong credentials, an incompatible schema, a subject that is not there.
 * A matter of the installation, not of the record at hand, which must not be given up as unreadable; so this is
 * deliberately no {@link org.apache.kafka.common.errors.SerializationException}.
 */
public final class SchemaRegistryException extends KafkaException {

    private static final long serialVersionUID = 1L;

    /** Confluent's error code for a schema id that does not exist. */
    static final int SCHEMA_NOT_FOUND = 40403;

    private final int status;
    private final int errorCode;

    SchemaRegistryException(int status, int errorCode, String message) {
        super(message);
        this.status = status;
        this.errorCode = errorCode;
    }

    /** The HTTP status of the registry's answer. */
    public int status() {
        return status;
    }

    /** The code in the answer's body, 0 without one: then it may not have been the registry that answered. */
    public int errorCode() {
        return errorCode;
    }

    /** Whether the registry itself says that it does not have what was asked for. */
    public boolean isNotFound() {
        return status == 404 && errorCode != 0;
    }
}
