package dev.kappa.app.alignment;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.processor.internals.TopicPartitionMetadata;

/**
 * Up to where each source partition has been processed, with all that came of it in the log for others to read: what the
 * producers' transactions have committed. Thread-safe.
 *
 * <p>With each offset Kafka Streams commits how far the partition had come in time, which it goes on from when it reads from that
 * offset again. What it says lacks records that it was not given, and is completed here.
 */
final class CommittedOffsets {

    /** Before the record at the offset, records up to the time were left out. */
    private record LeftOut(long offset, long time) {}

    /** One new commit counts as much as so many before. */
    private static final int MEMORY = 4;

    /** No commit is under way. */
    private static final long NOT_BEGUN = Long.MIN_VALUE;

    private final Map<TopicPartition, Long> committed = new ConcurrentHashMap<>();
    private final Map<TopicPartition, Deque<LeftOut>> leftOut = new ConcurrentHashMap<>();

    private final AtomicLong nanos = new AtomicLong();

    /** How long commits take lately, of all threads; zero before the first. */
    Duration took() {
        return Duration.ofNanos(nanos.get());
    }

    /** Offset of the first record that is not committed; -1 when nothing was committed since the instance started. */
    long of(TopicPartition partition) {
        return committed.getOrDefault(partition, -1L);
    }

    /**
     * Takes note of a record before which there are others that Kafka Streams is not given. Called by the thread that reads the
     * partition, which is the one that commits it.
     *
     * @param time the latest of their event times
     */
    void leftOutBefore(TopicPartition partition, long offset, long time) {
        Deque<LeftOut> before = leftOut.computeIfAbsent(partition, _ -> new ArrayDeque<>());
        if (before.isEmpty() || before.getLast().time() < time) {
            before.add(new LeftOut(offset, time));
        }
    }

    /** The partition will be read from what is committed, by whoever reads it next. */
    void forget(TopicPartition partition) {
        leftOut.remove(partition);
    }

    private OffsetAndMetadata completed(TopicPartition partition, OffsetAndMetadata offset) {
        Deque<LeftOut> before = leftOut.getOrDefault(partition, new ArrayDeque<>());
        long time = Long.MIN_VALUE;
        while (!before.isEmpty() && before.getFirst().offset() <= offset.offset()) {
            time = before.removeFirst().time();
        }
        if (time != Long.MIN_VALUE) {
            // The same may be committed again, for what other partitions of the task have come to.
            before.addFirst(new LeftOut(offset.offset(), time));
        }
        TopicPartitionMetadata said = TopicPartitionMetadata.decode(offset.metadata());
        return said.partitionTime() >= time
                ? offset
                : new OffsetAndMetadata(
                        offset.offset(),
                        offset.leaderEpoch(),
                        new TopicPartitionMetadata(time, said.processorMetadata()).encode());
    }

    /** The producer, whose transactions are watched. Used by one thread, as Kafka Streams does. */
    @SuppressWarnings("unchecked") // The proxy implements Producer and hands every call to one of these types.
    Producer<byte[], byte[]> watching(Producer<byte[], byte[]> producer) {
        var pending = new HashMap<TopicPartition, Long>();
        long[] begun = {NOT_BEGUN};
        return (Producer<byte[], byte[]>) Proxy.newProxyInstance(
                Producer.class.getClassLoader(), new Class<?>[] {Producer.class}, (_, method, arguments) -> {
                    Object result;
                    if (method.getName().equals("flush") && begun[0] == NOT_BEGUN) {
                        // Kafka Streams begins a commit with one for each task.
                        begun[0] = System.nanoTime();
                    }
                    if (method.getName().equals("sendOffsetsToTransaction")) {
                        var completed = new HashMap<TopicPartition, OffsetAndMetadata>();
                        ((Map<TopicPartition, OffsetAndMetadata>) arguments[0])
                                .forEach((partition, offset) -> completed.put(partition, completed(partition, offset)));
                        arguments[0] = completed;
                    }
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
                            nanos.accumulateAndGet(
                                    System.nanoTime() - begun[0],
                                    (before, latest) -> before + (latest - before) / MEMORY);
                            begun[0] = NOT_BEGUN;
                        }
                        case "abortTransaction" -> {
                            pending.clear();
                            begun[0] = NOT_BEGUN;
                        }
                        default -> {}
                    }
                    return result;
                });
    }
}
