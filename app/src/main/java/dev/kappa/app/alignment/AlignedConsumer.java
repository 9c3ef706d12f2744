package dev.kappa.app.alignment;

import dev.kappa.app.alignment.PartitionAligner.Backlog;
import dev.kappa.app.alignment.SourcePartition.HeldRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * A consumer that holds records back that are too far ahead; {@link PartitionAligner} decides which. For Kafka Streams a record that
 * is held back has not been consumed: position and next offsets are those of the first record held, and the lag of a stream is zero, so that a
 * task continues with its other partitions, whose records are all earlier.
 *
 * <p>A partition of which much is held is paused; what Kafka Streams pauses is held, too. Polling continues, so that the group keeps
 * the consumer.
 *
 * <p>Used by one thread, as Kafka's consumer is.
 */
final class AlignedConsumer extends DelegatingConsumer {

    /** Delay before held records are checked again. */
    private static final Duration HELD_CHECK_INTERVAL = Duration.ofMillis(5);

    /**
     * Polls that return soon after one with records, so that Kafka Streams can commit: the second for what a clock of milliseconds
     * leaves of the first.
     */
    private static final int PROMPT_POLLS = 2;

    private static final long NEWS_INTERVAL_NANOS = Duration.ofMillis(50).toNanos();

    private final BoundedClients.MainConsumer consumer;
    private final Alignment alignment;
    private final PartitionAligner aligner;
    private final Supplier<Duration> commitInterval;
    private final Runnable news;

    /** How much each consumer of the version has left to read; each sets its own entry. */
    private final Map<AlignedConsumer, Backlog> backlogs;

    private boolean knowsPartitions;

    /** Polls left that return in time for a commit of what was handed over. */
    private int promptPolls;

    private long checkedForNews = System.nanoTime();

    AlignedConsumer(
            BoundedClients.MainConsumer consumer,
            Alignment alignment,
            Set<AlignedInput> inputs,
            CommittedOffsets committed,
            BooleanSupplier isReplay,
            Supplier<Duration> commitInterval,
            Runnable news,
            Map<AlignedConsumer, Backlog> backlogs) {
        super(consumer);
        this.consumer = consumer;
        this.alignment = alignment;
        this.aligner = new PartitionAligner(alignment, inputs, committed, new Log(), isReplay);
        this.commitInterval = commitInterval;
        this.news = news;
        this.backlogs = backlogs;
    }

    /** The logs as Kafka's consumer knows them. */
    private final class Log implements PartitionLog {
        @Override
        public OptionalLong lag(TopicPartition partition) {
            return consumer.lagOfLog(partition);
        }

        @Override
        public long position(TopicPartition partition) {
            return consumer.position(partition);
        }

        @Override
        public long end(TopicPartition partition) {
            return Objects.requireNonNullElse(
                    consumer.endOffsets(List.of(partition)).get(partition), 0L);
        }
    }

    @Override
    public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
        learnPartitions();
        // Kafka Streams checks between polls only whether it is time to commit.
        Duration interval = promptPolls > 0 ? commitInterval.get() : Duration.ZERO;
        boolean isPrompt = interval.isPositive() && interval.compareTo(timeout) < 0;
        long deadline = System.nanoTime() + (isPrompt ? interval : timeout).toNanos();
        while (true) {
            long left = Math.max(0, deadline - System.nanoTime());
            boolean isHolding = aligner.isHolding();
            long wait = isHolding ? Math.min(left, HELD_CHECK_INTERVAL.toNanos()) : left;
            ConsumerRecords<byte[], byte[]> passed = align(consumer.poll(Duration.ofNanos(wait)));
            tellNews();
            if (!passed.isEmpty()
                    || !passed.nextOffsets().isEmpty()
                    || !isHolding
                    || aligner.awaitsCommit()
                    || System.nanoTime() >= deadline) {
                promptPolls = passed.isEmpty() ? Math.max(0, promptPolls - 1) : PROMPT_POLLS;
                return passed;
            }
        }
    }

    private ConsumerRecords<byte[], byte[]> align(ConsumerRecords<byte[], byte[]> polled) {
        var records = new HashMap<TopicPartition, List<ConsumerRecord<byte[], byte[]>>>();
        polled.partitions().forEach(partition -> records.put(partition, polled.records(partition)));
        PartitionAligner.Step step = aligner.step(
                new PartitionAligner.Polled(records, polled.nextOffsets()),
                consumer.assignment(),
                System.currentTimeMillis());
        consumer.pause(step.pause());
        consumer.resume(step.resume());
        backlogs.put(this, step.backlog());
        return new ConsumerRecords<>(step.records(), step.nextOffsets());
    }

    private void learnPartitions() {
        if (knowsPartitions) {
            return;
        }
        boolean knowsAll = true;
        for (AlignedInput input : aligner.inputs()) {
            // A definition may name an input that it does not read with the parameters it has.
            if (consumer.subscription().contains(input.topic())) {
                List<TopicPartition> partitions = consumer.partitionsFor(input.topic()).stream()
                        .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                        .toList();
                knowsAll &= !partitions.isEmpty();
                alignment.add(partitions, input.role());
            }
        }
        knowsPartitions = knowsAll;
    }

    private void tellNews() {
        long now = System.nanoTime();
        if (now - checkedForNews > NEWS_INTERVAL_NANOS) {
            checkedForNews = now;
            if (alignment.hasNews(System.currentTimeMillis())) {
                news.run();
            }
        }
    }

    @Override
    public void subscribe(Collection<String> topics, ConsumerRebalanceListener listener) {
        consumer.subscribe(topics, forgetting(listener));
    }

    private ConsumerRebalanceListener forgetting(ConsumerRebalanceListener listener) {
        return new ConsumerRebalanceListener() {
            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                try {
                    listener.onPartitionsRevoked(partitions);
                } finally {
                    forget(partitions);
                    aligner.resumedByStreams(partitions);
                }
            }

            @Override
            public void onPartitionsLost(Collection<TopicPartition> partitions) {
                try {
                    listener.onPartitionsLost(partitions);
                } finally {
                    forget(partitions);
                    aligner.resumedByStreams(partitions);
                }
            }

            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                listener.onPartitionsAssigned(partitions);
            }
        };
    }

    private void forget(Collection<TopicPartition> partitions) {
        resumeAssigned(aligner.forget(partitions));
    }

    private void resumeAssigned(Set<TopicPartition> partitions) {
        if (!partitions.isEmpty()) {
            var assigned = new ArrayList<>(partitions);
            assigned.retainAll(consumer.assignment());
            consumer.resume(assigned);
        }
    }

    /** Records that arrive meanwhile are held. Pausing the partition would not do: a paused partition is not fetched ahead. */
    @Override
    public void pause(Collection<TopicPartition> partitions) {
        aligner.pausedByStreams(partitions);
        consumer.pause(partitions.stream()
                .filter(partition -> !aligner.isInput(partition))
                .toList());
    }

    @Override
    public void resume(Collection<TopicPartition> partitions) {
        aligner.resumedByStreams(partitions);
        consumer.resume(partitions.stream()
                .filter(partition -> !aligner.isPaused(partition))
                .toList());
    }

    @Override
    public void seek(TopicPartition partition, long offset) {
        forget(List.of(partition));
        consumer.seek(partition, offset);
    }

    @Override
    public void seek(TopicPartition partition, OffsetAndMetadata offset) {
        forget(List.of(partition));
        consumer.seek(partition, offset);
    }

    @Override
    public void seekToBeginning(Collection<TopicPartition> partitions) {
        forget(partitions);
        consumer.seekToBeginning(partitions);
    }

    @Override
    public void seekToEnd(Collection<TopicPartition> partitions) {
        forget(partitions);
        consumer.seekToEnd(partitions);
    }

    @Override
    public long position(TopicPartition partition) {
        HeldRecord head = aligner.head(partition);
        return head == null ? consumer.position(partition) : head.record().offset();
    }

    @Override
    public long position(TopicPartition partition, Duration timeout) {
        HeldRecord head = aligner.head(partition);
        return head == null
                ? consumer.position(partition, timeout)
                : head.record().offset();
    }

    @Override
    public OptionalLong currentLag(TopicPartition partition) {
        if (aligner.head(partition) == null) {
            return consumer.currentLag(partition);
        }
        // What is held of a table precedes events that the task may have. Kafka Streams has paused the table, and
        // resumes it.
        return OptionalLong.of(aligner.isTable(partition) ? 1 : 0);
    }

    @Override
    public Map<TopicPartition, OffsetAndMetadata> committed(Set<TopicPartition> partitions) {
        Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(partitions);
        aligner.foundCommitted(committed.values());
        return committed;
    }

    @Override
    public Map<TopicPartition, OffsetAndMetadata> committed(Set<TopicPartition> partitions, Duration timeout) {
        Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(partitions, timeout);
        aligner.foundCommitted(committed.values());
        return committed;
    }

    @Override
    public void unsubscribe() {
        stopReading();
        consumer.unsubscribe();
    }

    @Override
    public void close() {
        stopReading();
        consumer.close();
    }

    @Override
    @Deprecated
    public void close(Duration timeout) {
        stopReading();
        consumer.close(CloseOptions.timeout(timeout));
    }

    @Override
    public void close(CloseOptions options) {
        stopReading();
        consumer.close(options);
    }

    private void stopReading() {
        resumeAssigned(aligner.forgetAll());
        backlogs.remove(this);
    }
}
