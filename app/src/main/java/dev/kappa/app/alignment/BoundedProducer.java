package dev.kappa.app.alignment;

import dev.kappa.reprocessing.cluster.ClosableProducer;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.Header;

/**
 * A producer that refuses a record that is too large before it becomes part of the transaction. Kafka's own producer fails the
 * transaction with it, so that all that the version has done since the last commit is done again, and again.
 */
public final class BoundedProducer extends ClosableProducer {

    /** The most bytes that a record takes in a batch beside its key, value and headers. */
    static final int OVERHEAD_BYTES = 256;

    private static final int HEADER_OVERHEAD_BYTES = 10;

    private final int maxBytes;
    private final StoreCommits commits;

    /** A record is too large to be sent. Says nothing of the cluster, which has not been asked. */
    public static final class RecordTooLargeException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final boolean isChange;

        private RecordTooLargeException(String topic, long bytes, int maxBytes) {
            super("A record of " + bytes + " bytes for topic " + topic + " is larger than " + maxBytes
                    + " bytes (kappa.topics.max-message-bytes)");
            this.isChange = topic.endsWith("-changelog");
        }

        /** Whether it is the change of a store that the store has made already. */
        public boolean isChange() {
            return isChange;
        }
    }

    /**
     * Opens a producer.
     *
     * @param commits told of each commit of a transaction before it is asked for
     */
    public BoundedProducer(Map<String, Object> config, StoreCommits commits) {
        super(config);
        this.commits = commits;
        this.maxBytes = Integer.parseInt(
                String.valueOf(config.getOrDefault(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, 1024 * 1024)));
    }

    /**
     * {@inheritDoc}
     *
     * @throws RecordTooLargeException when the record cannot be sent; the transaction stays open and does not contain it
     */
    @Override
    public Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record, Callback callback) {
        long bytes = bytes(record);
        if (bytes > maxBytes) {
            throw new RecordTooLargeException(record.topic(), bytes, maxBytes);
        }
        return super.send(record, callback);
    }

    @Override
    public void commitTransaction() {
        commits.begin();
        super.commitTransaction();
    }

    /** The bytes of a record in a batch, or a few more. */
    public static long bytes(ProducerRecord<byte[], byte[]> record) {
        long bytes = OVERHEAD_BYTES
                + (record.key() == null ? 0L : record.key().length)
                + (record.value() == null ? 0L : record.value().length);
        for (Header header : record.headers()) {
            bytes += HEADER_OVERHEAD_BYTES
                    + 3L * header.key().length()
                    + (header.value() == null ? 0 : header.value().length);
        }
        return bytes;
    }
}
