package dev.kappa.avro;

import java.util.List;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;

/**
 * Finds fields of records in Confluent's wire format without reading the records, where they are of one type to writer and reader.
 * Thread-safe.
 */
public final class EncodedFields {

    private final SchemaCache<Integer, Optional<FieldLocator>> locators = new SchemaCache<>();
    private final SchemaRegistry registry;
    private final Schema reader;
    private final List<String> names;

    /**
     * Of records that are read as those of a schema.
     *
     * @param registry knows what they were written as
     * @param reader the schema they are read as
     * @param names the fields
     */
    public EncodedFields(SchemaRegistry registry, Schema reader, List<String> names) {
        this.registry = registry;
        this.reader = reader;
        this.names = List.copyOf(names);
    }

    /**
     * Finds the fields of one record.
     *
     * @param headers the record's
     * @param data its value
     * @param found receives where each field begins, in the order of their names; see {@link FieldLocator}
     * @return whether they were found; if not, the record has to be read to know more, or cannot be read
     * @throws SchemaRegistryUnavailableException when the registry could not be reached in the bounded time
     */
    public boolean locate(Headers headers, byte[] data, int[] found) {
        if (!WireFormat.hasHeader(data) || headers.lastHeader(WireFormat.schemaHeader(false)) != null) {
            return false;
        }
        int id = WireFormat.schemaId(data);
        try {
            Optional<FieldLocator> locator = locators.computeIfAbsent(id, this::locator);
            return locator.isPresent() && locator.get().locate(data, WireFormat.HEADER_BYTES, found);
        } catch (SerializationException | SchemaRegistryException unknown) {
            return false;
        }
    }

    private Optional<FieldLocator> locator(int id) {
        Schema writer = registry.byId(id);
        boolean same = writer.getType() == Schema.Type.RECORD
                && SchemaCompatibility.checkReaderWriterCompatibility(reader, writer)
                                .getType()
                        == SchemaCompatibility.SchemaCompatibilityType.COMPATIBLE
                && names.stream()
                        .allMatch(name -> writer.getField(name) != null
                                && writer.getField(name)
                                        .schema()
                                        .equals(reader.getField(name).schema()));
        return same ? FieldLocator.of(writer, names) : Optional.empty();
    }
}
