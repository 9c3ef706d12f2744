package dev.kappa.reprocessing.reader;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a member of a group has processed and has not committed yet. Not thread-safe. */
final class GroupCommits {

    private static final Logger log = LoggerFactory.getLogger(GroupCommits.class);
    private static final Duration EVERY = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Consumer<byte[], byte[]> consumer;
    private final Map<TopicPartition, OffsetAndMetadata> processed = new HashMap<>();
    private long triedAt = System.nanoTime();

    GroupCommits(Consumer<byte[], byte[]> consumer) {
        this.consumer = consumer;
    }

    void add(Map<TopicPartition, OffsetAndMetadata> places) {
        processed.putAll(places);
    }

    /** The partitions are another member's now: what this one would commit could replace what that one has committed. */
    void forget(Collection<TopicPartition> partitions) {
        processed.keySet().removeAll(partitions);
    }

    void forgetAll() {
        processed.clear();
    }

    /** Whether the last attempt was some time ago. */
    boolean isDue() {
        return System.nanoTime() - triedAt > EVERY.toNanos();
    }

    /** Commits what has been added. While brokers do not answer, it waits for the next attempt, and results are read all the same. */
    void commit() {
        if (!processed.isEmpty()) {
            try {
                consumer.commitSync(processed, PATIENCE);
                processed.clear();
            } catch (CommitFailedException | RebalanceInProgressException e) {
                // The group has given the partitions to another member, or will: whoever gets them reads these results
                // again.
                log.debug(
                        "Not committed: group={} reason=\"{}\"",
                        consumer.groupMetadata().groupId(),
                        e.getMessage());
                processed.clear();
            } catch (TimeoutException e) {
                log.warn(
                        "Not committed, trying again: group={}",
                        consumer.groupMetadata().groupId(),
                        e);
            }
        }
        triedAt = System.nanoTime();
    }
}
