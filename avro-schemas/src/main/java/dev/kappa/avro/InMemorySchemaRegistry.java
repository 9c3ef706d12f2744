package dev.kappa.avro;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.kafka.common.errors.SerializationException;

/** A registry without a server, for tests of topologies. Give it to serdes under {@link AvroSerdeConfig#CLIENT}. */
public final class InMemorySchemaRegistry implements SchemaRegistry {

    private final List<Schema> schemas = new ArrayList<>();
    private final Map<String, List<Integer>> subjects = new HashMap<>();

    @Override
    public synchronized int register(String subject, Schema schema) {
        int index = schemas.indexOf(schema);
        if (index < 0) {
            index = schemas.size();
            schemas.add(schema);
        }
        int id = index + 1;
        List<Integer> versions = subjects.computeIfAbsent(subject, _ -> new ArrayList<>());
        if (!versions.contains(id)) {
            versions.add(id);
        }
        return id;
    }

    @Override
    public synchronized int idOf(String subject, Schema schema) {
        int id = schemas.indexOf(schema) + 1;
        if (!subjects.getOrDefault(subject, List.of()).contains(id)) {
            throw new SchemaRegistryException(
                    404, 40403, "Subject " + subject + " does not hold " + schema.getFullName());
        }
        return id;
    }

    @Override
    public synchronized Registered latest(String subject) {
        List<Integer> versions = subjects.getOrDefault(subject, List.of());
        if (versions.isEmpty()) {
            throw new SchemaRegistryException(404, 40401, "There is no subject " + subject);
        }
        int id = versions.getLast();
        return new Registered(id, schemas.get(id - 1));
    }

    @Override
    public synchronized Schema byId(int id) {
        if (id < 1 || id > schemas.size()) {
            throw new SerializationException("There is no schema id " + id);
        }
        return schemas.get(id - 1);
    }

    @Override
    public Schema byGuid(UUID guid) {
        throw new SerializationException("There is no schema GUID " + guid);
    }

    @Override
    public synchronized boolean delete(String subject) {
        return subjects.remove(subject) != null;
    }

    @Override
    public String address() {
        return "memory";
    }

    @Override
    public void close() {}
}
