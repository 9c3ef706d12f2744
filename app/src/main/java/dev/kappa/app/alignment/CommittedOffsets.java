package dev.kappa.app.alignment;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;

/**
 * Up to where each source partition has been processed, with all that came of it in the log for others to read: what the
 * producers' transactions have committed. Thread-safe.
 */
final class CommittedOffsets {

    private final Map<TopicPartition, Long> committed = new ConcurrentHashMap<>();

    /** Offset of the first record that is not committed; -1 when nothing was committed since the instance started. */
    long of(TopicPartition partition) {
        return committed.getOrDefault(partition, -1L);
    }

    /** The producer, whose transactions are watched. Used by one thread, as Kafka Streams does. */
    @SuppressWarnings("unchecked") // The proxy implements Producer and hands every call to one of these types.
    Producer<byte[], byte[]> watching(Producer<byte[], byte[]> producer) {
        var pending = new HashMap<TopicPartition, Long>();
        return (Producer<byte[], byte[]>) Proxy.newProxyInstance(
                Producer.class.getClassLoader(), new Class<?>[] {Producer.class}, (_, method, arguments) -> {
                    Object result;
                    try {
                        result = method.invoke(producer, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                    switch (method.getName()) {
                        case "sendOffsetsToTransaction" ->
                            ((Map<TopicPartition, OffsetAndMetadata>) arguments[0])
                                    .forEach((partition, offset) -> pending.put(partition, offset.offset()));
                        case "commitTransaction" -> {
                            committed.putAll(pending);
                            pending.clear();
                        }
                        case "abortTransaction" -> pending.clear();
                        default -> {}
                    }
                    return result;
                });
    }
}
