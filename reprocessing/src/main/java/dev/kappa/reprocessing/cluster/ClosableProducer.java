package dev.kappa.reprocessing.cluster;

import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A producer that can be closed at any time. Kafka's own waits in {@code close()} for the end of its transaction, however long the coordinator
 * does not answer. The next producer with its transactional id aborts the transaction.
 */
public class ClosableProducer extends KafkaProducer<byte[], byte[]> {

    private static final Duration LONGEST_CLOSE = Duration.ofSeconds(10);

    /** Opens it. */
    public ClosableProducer(Map<String, Object> settings) {
        super(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    @Override
    public void close() {
        close(LONGEST_CLOSE);
    }
}
