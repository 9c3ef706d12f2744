package dev.kappa.app.version;

import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.reprocessing.cluster.VersionId;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what this instance may have made again of a version after an operator had removed it. An instance that is frozen for longer than a
 * session counts as dead, and the operator does not wait for it; when it continues, Kafka Streams creates missing internal topics anew before
 * the instance hears of the removal. Thread-safe.
 */
final class Leftovers {

    private static final Logger log = LoggerFactory.getLogger(Leftovers.class);

    private final Consumer<VersionId> deletion;
    private final Set<VersionId> stopped = ConcurrentHashMap.newKeySet();

    /**
     * Deletes nothing yet.
     *
     * @param deletion deletes topics and group of a version that has been removed, as far as there are any
     */
    Leftovers(Consumer<VersionId> deletion) {
        this.deletion = deletion;
    }

    /** A version has been stopped here for good. */
    void stopped(VersionId id) {
        stopped.add(id);
    }

    /** Deletes the leftovers of versions that were stopped here and have been removed since, each on a thread of its own. */
    void check(Catalog catalog) {
        List<VersionId> removed = stopped.stream()
                .filter(id -> catalog.version(id).filter(ViewVersion::removed).isPresent())
                .toList();
        for (VersionId id : removed) {
            stopped.remove(id);
            Thread.ofVirtual().name("kappa-leftovers-" + id).start(() -> delete(id));
        }
    }

    private void delete(VersionId id) {
        try {
            deletion.accept(id);
        } catch (KafkaException | RefusedException e) {
            log.warn(
                    "Topics of a removed version may be left: view={} version={} failure=\"{}\"",
                    id.view(),
                    id.number(),
                    e.toString());
        }
    }
}
