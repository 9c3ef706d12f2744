package dev.kappa.reprocessing.replay;

import dev.kappa.avro.SchemaRegistry;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.CatalogLog;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.reprocessing.cluster.TopicPositions;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Reads the catalog to its end. Thread-safe. */
final class CatalogReader {

    private final KafkaSettings settings;
    private final ClusterNames names;
    private final SchemaRegistry registry;
    private final Admin admin;

    CatalogReader(KafkaSettings settings, ClusterNames names, SchemaRegistry registry, Admin admin) {
        this.settings = settings;
        this.names = names;
        this.registry = registry;
        this.admin = admin;
    }

    /**
     * The catalog as it is now.
     *
     * @throws RefusedException when the cluster has none yet
     */
    Catalog read() {
        return find().orElseThrow(() -> new RefusedException("There is no catalog on this cluster (topic "
                + names.catalogTopic() + "). The first instance of the app that starts makes it; is this the"
                + " right cluster, and the right kappa.prefix?"));
    }

    /** The catalog as it is now; empty when the cluster has none yet. */
    Optional<Catalog> find() {
        try {
            TopicPositions.await(
                    admin.describeTopics(List.of(names.catalogTopic())).allTopicNames());
        } catch (UnknownTopicOrPartitionException e) {
            return Optional.empty();
        }
        try (var log = new CatalogLog(settings, names, registry)) {
            return Optional.of(log.readToEnd());
        }
    }
}
