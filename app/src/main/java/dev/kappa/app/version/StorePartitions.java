package dev.kappa.app.version;

import dev.kappa.app.config.NotAvailableException;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.VersionId;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.errors.InterruptException;

/** How many partitions a version's stores have: as many as their changelogs. Asked once per store. Thread-safe. */
final class StorePartitions {

    private final Admin admin;
    private final ClusterNames names;
    private final VersionId version;
    private final Map<String, Integer> counts = new ConcurrentHashMap<>();

    StorePartitions(Admin admin, ClusterNames names, VersionId version) {
        this.admin = admin;
        this.names = names;
        this.version = version;
    }

    /**
     * The number of partitions of a store.
     *
     * @throws NotAvailableException when the changelog does not exist yet or the cluster does not answer
     */
    int of(String store) {
        Integer known = counts.get(store);
        if (known != null) {
            return known;
        }
        String changelog = names.changelogTopic(version, store);
        try {
            TopicDescription description = Objects.requireNonNull(admin.describeTopics(List.of(changelog))
                    .allTopicNames()
                    .get()
                    .get(changelog));
            int count = description.partitions().size();
            counts.put(store, count);
            return count;
        } catch (ExecutionException e) {
            throw new NotAvailableException("Store " + store + " of " + version + " is not there yet: " + e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}
