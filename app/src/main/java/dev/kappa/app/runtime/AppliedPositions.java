package dev.kappa.app.runtime;

import dev.kappa.reprocessing.catalog.ClusterNames;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.replay.TopicPositions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Waits until a version has applied what was written to its inputs, down to its stores. Told by what its group has committed:
 * a transaction commits the offsets of what was read together with everything that was made of it, so once an input is
 * committed, all that follows from it is in the repartition topics, and once their ends of that moment are committed, in the
 * stores behind them. Thread-safe.
 *
 * <p>Positions of interactive queries (KIP-796) would not do: a store's position is of the topic right before it, which is a
 * repartition topic that the writer knows nothing of, and stands still at records that change nothing.
 */
public final class AppliedPositions {

    private static final Duration PAUSE = Duration.ofMillis(25);

    private final TopicPositions topics;
    private final Admin admin;
    private final ClusterNames names;

    AppliedPositions(TopicPositions topics, Admin admin, ClusterNames names) {
        this.topics = topics;
        this.admin = admin;
        this.names = names;
    }

    /**
     * Waits until records have been applied.
     *
     * @param records offsets of records that are to be applied
     * @return empty when they have been; else, for each partition that is behind, as {@code topic:partition}, the offset of the
     *     first record that has not
     * @throws org.apache.kafka.common.KafkaException when the cluster does not answer
     */
    public SortedMap<String, Long> await(ViewVersion version, Map<TopicPartition, Long> records, Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        String group = names.applicationId(version.id());
        Map<TopicPartition, Long> goals = new HashMap<>();
        records.forEach((partition, offset) -> goals.put(partition, offset + 1));
        SortedMap<String, Long> behind = await(group, goals, deadline);

        List<String> repartitionTopics = version.blueprint().internalTopics().stream()
                .filter(name -> name.endsWith("-repartition"))
                .map(name -> names.internalTopic(version.id(), name))
                .toList();
        // One may feed another: what is at the end of the last has gone through all of them.
        for (int stage = 0; stage < repartitionTopics.size() && behind.isEmpty(); stage++) {
            // Transactions are committed partition by partition: an end that is not committed yet counts.
            behind = await(
                    group,
                    topics.offsets(
                            topics.partitions(repartitionTopics), OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED),
                    deadline);
        }
        return behind;
    }

    private SortedMap<String, Long> await(String group, Map<TopicPartition, Long> goals, long deadline) {
        while (true) {
            SortedMap<String, Long> behind = behind(group, goals);
            if (behind.isEmpty() || System.nanoTime() > deadline) {
                return behind;
            }
            try {
                Thread.sleep(PAUSE);
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            }
        }
    }

    private SortedMap<String, Long> behind(String group, Map<TopicPartition, Long> goals) {
        Map<TopicPartition, Long> committed = committed(group);
        var neverRead = new ArrayList<TopicPartition>();
        var behind = new TreeMap<String, Long>();
        goals.forEach((partition, goal) -> {
            long reached = committed.getOrDefault(partition, 0L);
            if (reached < goal) {
                behind.put(partition.topic() + ":" + partition.partition(), reached);
                if (!committed.containsKey(partition)) {
                    neverRead.add(partition);
                }
            }
        });
        // A partition may hold nothing but ends of transactions, of which none is ever committed.
        topics.offsets(neverRead, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED)
                .forEach((partition, end) -> {
                    long goal = goals.getOrDefault(partition, 0L);
                    if (goal <= end && !topics.hasRecords(partition, 0, goal)) {
                        behind.remove(partition.topic() + ":" + partition.partition());
                    }
                });
        return behind;
    }

    private Map<TopicPartition, Long> committed(String group) {
        var committed = new HashMap<TopicPartition, Long>();
        try {
            Map<TopicPartition, OffsetAndMetadata> found =
                    TopicPositions.await(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
            found.forEach((partition, offset) -> {
                if (offset != null) {
                    committed.put(partition, offset.offset());
                }
            });
        } catch (GroupIdNotFoundException notThereYet) {
            // Nothing has been committed.
        }
        return committed;
    }
}
