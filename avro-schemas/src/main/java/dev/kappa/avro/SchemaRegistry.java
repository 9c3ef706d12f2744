package dev.kappa.avro;

import java.util.UUID;
import org.apache.avro.Schema;

/**
 * The part of a schema registry that serializers and deserializers use.
 *
 * <p>Implementations are thread-safe and cache what cannot change: the schema of an id, the id of a registered schema.
 *
 * @see <a href="https://docs.confluent.io/platform/current/schema-registry/develop/api.html">Confluent's REST API</a>
 */
public interface SchemaRegistry extends AutoCloseable {

    /** A schema together with the id the registry gave it. */
    record Registered(int id, Schema schema) {}

    /**
     * Registers a schema under a subject; a schema that is already there keeps its id.
     *
     * @throws SchemaRegistryUnavailableException when the registry could not be reached in the bounded time
     * @throws SchemaRegistryException when the registry refused, for example an incompatible schema
     */
    int register(String subject, Schema schema);

    /**
     * The id of a schema that is registered under a subject.
     *
     * @throws SchemaRegistryUnavailableException when the registry could not be reached in the bounded time
     * @throws SchemaRegistryException when the subject does not hold that schema
     */
    int idOf(String subject, Schema schema);

    /**
     * The newest schema of a subject. Not cached: it changes.
     *
     * @throws SchemaRegistryUnavailableException when the registry could not be reached in the bounded time
     * @throws SchemaRegistryException when there is no such subject
     */
    Registered latest(String subject);

    /**
     * The schema with an id.
     *
     * @throws SchemaRegistryUnavailableException when the registry could not be reached in the bounded time
     * @throws SchemaRegistryException when the registry refuses to say
     * @throws org.apache.kafka.common.errors.SerializationException when there is no such id, or it is no Avro schema:
     *     the record that names it cannot be read
     */
    Schema byId(int id);

    /**
     * The schema with a GUID.
     *
     * @throws SchemaRegistryUnavailableException when the registry could not be reached in the bounded time
     * @throws SchemaRegistryException when the registry refuses to say
     * @throws org.apache.kafka.common.errors.SerializationException when there is no such GUID, or it is no Avro schema
     */
    Schema byGuid(UUID guid);

    /**
     * Deletes a subject for good. The schemas stay readable by id as long as another subject has them.
     *
     * @return whether there was such a subject
     * @throws SchemaRegistryUnavailableException when the registry could not be reached in the bounded time
     * @throws SchemaRegistryException when the registry refused
     */
    boolean delete(String subject);

    /** Where this registry is, for messages. */
    String address();

    @Override
    void close();
}
