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
 * consumer group. A load that was interrupted resumes at that offset: no row is written twice and none is skipped.
 *
 * <p>Used by one thread.
 */
final class ResumableLoad {

    private static final String ALL_DONE = "all";
    private static final int SAMPLE_BYTES = 1 << 16;
    private static final int ROWS_IN_TRANSACTION = 50_000;
    private static final Duration LONGEST_TRANSACTION = Duration.ofSeconds(2);

    /**
     * How far a load is.
     *
     * @param topic it loads into
     * @param rows of the file that are done
     * @param events that were sent for them
     */
    record Done(String topic, long rows, long events) {}

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

    /** How far the load is; empty when it has done the whole file. */
    Optional<Done> done(Admin admin, String topic) {
        try {
            return admin.listConsumerGroupOffsets(id).partitionsToOffsetAndMetadata().get().values().stream()
                    .findFirst()
                    .map(offset -> offset.metadata().equals(ALL_DONE)
                            ? Optional.<Done>empty()
                            : Optional.of(new Done(topic, offset.offset(), Long.parseLong(offset.metadata()))))
                    .orElse(Optional.of(new Done(topic, 0, 0)));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof GroupIdNotFoundException) {
                return Optional.of(new Done(topic, 0, 0));
            }
            throw new KafkaException("The progress of the load cannot be read: " + e.getCause(), e);
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

    /** Commits now and then. */
    void done(Producer<?, ?> producer, ConsumerGroupMetadata group, Done done) {
        boolean isDue = done.rows() - committedRows >= ROWS_IN_TRANSACTION
                || System.nanoTime() - begunAt > LONGEST_TRANSACTION.toNanos();
        if (isOpen && isDue) {
            commit(producer, group, done, String.valueOf(done.events()));
        }
    }

    /** Commits what there is. */
    void end(Producer<?, ?> producer, ConsumerGroupMetadata group, Done done, boolean isAll) {
        begin(producer);
        commit(producer, group, done, isAll ? ALL_DONE : String.valueOf(done.events()));
    }

    private void commit(Producer<?, ?> producer, ConsumerGroupMetadata group, Done done, String metadata) {
        producer.sendOffsetsToTransaction(
                Map.of(new TopicPartition(done.topic(), 0), new OffsetAndMetadata(done.rows(), metadata)), group);
        producer.commitTransaction();
        isOpen = false;
        committedRows = done.rows();
    }
}
