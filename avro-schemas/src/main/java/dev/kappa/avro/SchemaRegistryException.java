package dev.kappa.avro;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.kafka.common.KafkaException;

/**
 * The registry answered, and the answer was no: wrong credentials, an incompatible schema, a subject that is not there.
 * A matter of the installation, not of the record at hand, which must not become a dead letter; so this is
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

    /** The registry answered, but not with what was asked for. */
    static SchemaRegistryException refusal(String address, String what, int status, String body) {
        String reason = body;
        int errorCode = 0;
        try {
            JsonNode answer = new ObjectMapper().readTree(body);
            reason = answer.path("message").asText(body);
            errorCode = answer.path("error_code").asInt();
        } catch (JsonProcessingException notJson) {
            // The body as it is says more than nothing.
        }
        String hint = status == 401 || status == 403
                ? " Check " + AvroSerdeConfig.BASIC_AUTH_SOURCE + " or " + AvroSerdeConfig.BEARER_AUTH_SOURCE
                        + " and what they need, such as " + AvroSerdeConfig.BASIC_AUTH_USER_INFO + "."
                : "";
        return new SchemaRegistryException(
                status,
                errorCode,
                "The schema registry at " + address + " answered " + status + " to a request for " + what + ": "
                        + reason + hint);
    }
}
