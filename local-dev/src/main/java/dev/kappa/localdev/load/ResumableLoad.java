package dev.kappa.localdev.load;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.InterruptException;

/**
 * A load whose rows are written in transactions, each of which commits how far the file has been read as the offset of a
 * consumer group. A load that was cut off is taken up there, so that no row is written twice and none is left out.
 *
 * <p>Used by one thread.
 */
final class ResumableLoad {

    private static final String ALL_DONE = "all";
    private static final int SAMPLE_BYTES = 1 << 16;
    private static final int ROWS_IN_TRANSACTION = 50_000;
    private static final Duration LONGEST_TRANSACTION = Duration.ofSeconds(2);

    private final String id;
    private boolean isOpen;
    private long committedRows;
    private long begunAt;

    private ResumableLoad(String id) {
        this.id = id;
    }

    /**
     * The load of a file into a topic.
     *
     * @param options what else decides which events the file's rows become
     * @throws IOException when the file cannot be read
     */
    static ResumableLoad of(String topic, Path file, List<String> options) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update((topic + "\0" + file.getFileName() + "\0" + Files.size(file) + "\0" + options)
                    .getBytes(StandardCharsets.UTF_8));
            digest.update(in.readNBytes(SAMPLE_BYTES));
            return new ResumableLoad(
                    "kappa.load." + topic + "." + HexFormat.of().formatHex(digest.digest(), 0, 8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    /** Names its transactions and the consumer group that knows how far it is. */
    String id() {
        return id;
    }

    /** Rows that have been done; empty when the whole file has. */
    Optional<Long> rowsDone(Admin admin) {
        try {
            return admin.listConsumerGroupOffsets(id).partitionsToOffsetAndMetadata().get().values().stream()
                    .findFirst()
                    .map(offset ->
                            offset.metadata().equals(ALL_DONE) ? Optional.<Long>empty() : Optional.of(offset.offset()))
                    .orElse(Optional.of(0L));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof GroupIdNotFoundException) {
                return Optional.of(0L);
            }
            throw new KafkaException("How far the load is cannot be read: " + e.getCause(), e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    void begin(Producer<?, ?> producer) {
        if (!isOpen) {
            producer.beginTransaction();
            isOpen = true;
            begunAt = System.nanoTime();
        }
    }

    void done(Producer<?, ?> producer, ConsumerGroupMetadata group, String topic, long rows, boolean isLast) {
        boolean isDue = rows - committedRows >= ROWS_IN_TRANSACTION
                || System.nanoTime() - begunAt > LONGEST_TRANSACTION.toNanos();
        if (!isLast && !(isOpen && isDue)) {
            return;
        }
        begin(producer);
        producer.sendOffsetsToTransaction(
                Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(rows, isLast ? ALL_DONE : "")), group);
        producer.commitTransaction();
        isOpen = false;
        committedRows = rows;
    }
}
