package dev.kappa.app.query;

import dev.kappa.reprocessing.background.Backoff;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.TopicPositions;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
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
public final class AppliedOffsetsBarrier {

    private static final Duration FIRST_WAIT = Duration.ofMillis(25);
    private static final Duration LONGEST_WAIT = Duration.ofMillis(400);

    private final TopicPositions topics;
    private final ClusterNames names;

    public AppliedOffsetsBarrier(TopicPositions topics, ClusterNames names) {
        this.topics = topics;
        this.names = names;
    }

    /**
     * Waits until records have been applied.
     *
     * @param records offsets of records that are to be applied
     * @return empty when they have been; else, for each partition that is behind, as {@code topic:partition}, the offset of the
     *     first record that has not
     * @throws StoreQueries.NotAnInputException when there is no such partition
     * @throws org.apache.kafka.common.KafkaException when the cluster does not answer
     */
    public SortedMap<String, Long> await(ViewVersion version, Map<TopicPartition, Long> records, Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        String group = names.applicationId(version.id());
        List<TopicPartition> there = topics.partitions(
                records.keySet().stream().map(TopicPartition::topic).distinct().toList());
        records.keySet().stream()
                .filter(partition -> !there.contains(partition))
                .findFirst()
                .ifPresent(partition -> {
                    throw new StoreQueries.NotAnInputException(
                            "Topic " + partition.topic() + " has no partition " + partition.partition());
                });
        Map<TopicPartition, Long> goals = new HashMap<>();
        records.forEach((partition, offset) -> goals.put(partition, offset + 1));
        SortedMap<String, Long> behind = await(group, goals, deadline);

        List<String> repartitionTopics = version.blueprint().repartitionTopics().stream()
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
        Map<TopicPartition, Long> open = new HashMap<>(goals);
        Map<TopicPartition, Long> before = Map.of();
        Map<TopicPartition, Long> provenBehind = new HashMap<>();
        var backoff = new Backoff(FIRST_WAIT, LONGEST_WAIT);
        while (true) {
            Map<TopicPartition, Long> behind = behind(group, open);
            if (!behind.isEmpty() && behind.equals(before)) {
                // Only transaction markers may be left, and no consumer commits offsets behind those.
                behind.keySet().removeAll(withoutRecords(behind, open, provenBehind));
            } else {
                backoff.reset();
            }
            if (behind.isEmpty() || System.nanoTime() >= deadline) {
                var reached = new TreeMap<String, Long>();
                behind.forEach(
                        (partition, offset) -> reached.put(partition.topic() + ":" + partition.partition(), offset));
                return reached;
            }
            open.keySet().retainAll(behind.keySet());
            before = behind;
            try {
                backoff.pauseUntil(deadline);
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            }
        }
    }

    /** How far the group has come in partitions where it has not come to the goal. */
    private Map<TopicPartition, Long> behind(String group, Map<TopicPartition, Long> goals) {
        Map<TopicPartition, Long> committed = topics.committed(group);
        var behind = new HashMap<TopicPartition, Long>();
        goals.forEach((partition, goal) -> {
            long reached = committed.getOrDefault(partition, 0L);
            if (reached < goal) {
                behind.put(partition, reached);
            }
        });
        return behind;
    }

    /**
     * Partitions in which there is nothing up to the goal.
     *
     * @param proven where records were found, by what was reached then; what is found is added
     */
    private Set<TopicPartition> withoutRecords(
            Map<TopicPartition, Long> reached, Map<TopicPartition, Long> goals, Map<TopicPartition, Long> proven) {
        var unknown = new HashMap<>(reached);
        unknown.entrySet().removeAll(proven.entrySet());
        if (unknown.isEmpty()) {
            return Set.of();
        }
        Map<TopicPartition, Long> ends =
                topics.offsets(unknown.keySet(), OffsetSpec.latest(), IsolationLevel.READ_COMMITTED);
        var without = new HashSet<TopicPartition>();
        unknown.forEach((partition, from) -> {
            long goal = goals.getOrDefault(partition, 0L);
            if (goal > ends.getOrDefault(partition, 0L)) {
                // A transaction is open.
                return;
            }
            if (topics.hasRecords(partition, from, goal)) {
                proven.put(partition, from);
            } else {
                without.add(partition);
            }
        });
        return without;
    }
}
