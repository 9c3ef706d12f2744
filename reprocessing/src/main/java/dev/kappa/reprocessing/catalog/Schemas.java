package dev.kappa.reprocessing.catalog;

import dev.kappa.avro.AvroSerde;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.InMemorySchemaRegistry;
import dev.kappa.avro.SchemaRegistry;
import dev.kappa.avro.SchemaRegistryException;
import dev.kappa.catalog.CatalogRecord;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.topologies.ParameterValues;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.ViewTopology;
import dev.kappa.topologies.input.InputObserver;
import dev.kappa.topologies.serde.ConfiguredSerdes;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.avro.Schema;

/** The subjects of the schema registry that Kappa writes with, and their schemas. */
public final class Schemas {

    private Schemas() {}

    /** Those of the topics through which instances act together. */
    public static SortedMap<String, Schema> shared(ClusterNames names) {
        var schemas = new TreeMap<String, Schema>();
        schemas.put(names.catalogTopic() + "-value", CatalogRecord.getClassSchema());
        schemas.put(names.instancesTopic() + "-value", InstanceReport.getClassSchema());
        return schemas;
    }

    /** Those of one version: of its output, its repartition topics and the changelogs of its stores. */
    public static SortedMap<String, Schema> of(
            VersionId version, ViewDefinition definition, ParameterValues parameters, ClusterNames names) {
        var schemas = new TreeMap<String, Schema>();
        try (var registry = new InMemorySchemaRegistry()) {
            var serdes = new ConfiguredSerdes(
                    AvroSerde.class, Map.of(AvroSerdeConfig.URL, "http://unused", AvroSerdeConfig.CLIENT, registry));
            ViewTopology.build(definition, parameters, names.outputTopic(version), serdes, InputObserver.NONE)
                    .schemas()
                    .forEach(written -> schemas.put(
                            (written.isInternal() ? names.internalTopic(version, written.topic()) : written.topic())
                                    + (written.isKey() ? "-key" : "-value"),
                            written.schema()));
        }
        return schemas;
    }

    /**
     * Those that are not registered under their subject.
     *
     * @throws dev.kappa.avro.SchemaRegistryUnavailableException when the registry could not be reached
     * @throws SchemaRegistryException when it refuses to say
     */
    public static SortedMap<String, Schema> missing(SchemaRegistry registry, Map<String, Schema> needed) {
        var missing = new TreeMap<String, Schema>();
        needed.forEach((subject, schema) -> {
            try {
                registry.idOf(subject, schema);
            } catch (SchemaRegistryException e) {
                if (!e.isNotFound()) {
                    throw e;
                }
                missing.put(subject, schema);
            }
        });
        return missing;
    }
}
