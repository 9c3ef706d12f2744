package dev.kappa.app.alignment;

import dev.kappa.app.alignment.Alignment.Limit;
import dev.kappa.app.alignment.Alignment.Role;
import dev.kappa.app.alignment.Position.Standing;
import dev.kappa.topologies.InputScan;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * A consumer that holds back what is too far ahead. What it holds back has not been consumed as far as Kafka Streams can
 * tell: position and next offsets are those of the first record held, and the lag is none, so that a task goes on with its
 * other partitions, whose records are all earlier.
 *
 * <p>A partition of which much is held is paused; what Kafka Streams pauses is held, too. Polling goes on, so that the group does
 * not take the consumer for dead.
 *
 * <p>Used by one thread, as Kafka's consumer is.
 */
final class AlignedConsumer {

    /** How soon it is looked again whether what is held may go on. */
    private static final Duration PATIENCE = Duration.ofMillis(5);

    /** Bytes held at which a partition is paused, and at which it is resumed. */
    private static final int MUCH = 4 << 20;

    private static final int LITTLE = 1 << 20;

    /** Records left to read at which the version is behind: many times what comes between two commits of an ordinary one. */
    private static final int MANY = 20_000;

    /** What a record takes beside key and value. */
    private static final int RECORD_BYTES = 200;

    /** Polls that come back soon after one with records: the second for what a clock of milliseconds leaves of the first. */
    private static final int SOON = 2;

    private static final long NEWS_EVERY_NANOS = Duration.ofMillis(50).toNanos();

    private static final Limit NO_LIMIT = new Limit(Long.MAX_VALUE, Long.MAX_VALUE, Long.MIN_VALUE, null);

    /** Once everything before the offset is committed, the partition has come to the time. */
    private record Mark(long offset, long time) {}

    /** A record that is held back, or about to be handed over. */
    private record Held(ConsumerRecord<byte[], byte[]> record, InputScan.Found found) {
        long time() {
            return found.time();
        }

        int bytes() {
            return RECORD_BYTES + record.serializedKeySize() + record.serializedValueSize();
        }
    }

    /** A source partition. */
    private static final class Source {
        final TopicPartition partition;
        final AlignedInput input;
        final Deque<Mark> marks = new ArrayDeque<>();
        final Deque<Held> held = new ArrayDeque<>();
        long bytes;

        /** Records held that have a time. */
        int usable;

        /** Whether the record that came last has none. */
        boolean isUnusable;

        @Nullable
        OffsetAndMetadata next;

        boolean nextIsNew;
        boolean paused;
        boolean begun;
        boolean ended;
        long loadedAt = -1;
        long time = Position.NO_TIME;
        long handedOver = Position.NO_TIME;

        /** The latest event time of what was left out. */
        long leftOut = Position.NO_TIME;

        Standing standing = Standing.UNKNOWN;
        long since;
        long busySince;

        Source(TopicPartition partition, AlignedInput input) {
            this.partition = partition;
            this.input = input;
        }

        int size() {
            return held.size();
        }

        ConsumerRecord<byte[], byte[]> head() {
            return held.getFirst().record();
        }

        void hold(List<ConsumerRecord<byte[], byte[]>> records) {
            for (ConsumerRecord<byte[], byte[]> record : records) {
                var next = new Held(record, input.look(record));
                held.add(next);
                bytes += next.bytes();
                isUnusable = next.time() == Position.NO_TIME;
                usable += isUnusable ? 0 : 1;
            }
        }

        Held release() {
            Held next = held.removeFirst();
            bytes -= next.bytes();
            usable -= next.time() == Position.NO_TIME ? 0 : 1;
            return next;
        }

        /** Whether all that it has to read lately has no time that counts, and everything before is done. */
        boolean hasOnlyUnusable() {
            return isUnusable
                    && usable == 0
                    && marks.stream().allMatch(mark -> mark.time() == Position.NO_TIME || mark.time() <= time);
        }
    }

    /** What a consumer has to read. */
    enum Backlog {
        LITTLE,
        MUCH,
        /** It may hand over nothing of what it has, until others' commits, or its own, let it. */
        WAITING
    }

    private final Consumer<byte[], byte[]> consumer;
    private final Alignment alignment;
    private final Map<String, AlignedInput> inputs;
    private final CommittedOffsets committed;
    private final BooleanSupplier replay;
    private final Supplier<Duration> commitInterval;
    private final Runnable news;

    /** What the consumers of the version have to read; each says so of itself. */
    private final Map<AlignedConsumer, Backlog> backlogs;

    private final Map<TopicPartition, Source> sources = new HashMap<>();
    private final Set<TopicPartition> pausedByStreams = new HashSet<>();
    private boolean learned;

    /** How many polls come back in time for a commit of what was handed over. */
    private int soon;

    /** Whether what is read is history that the version has not seen yet, as in a replay. */
    private boolean beginning;

    /** Whether the version goes on from where it, or a task of it, had come to. */
    private boolean goesOn;

    private long lookedForNews = System.nanoTime();

    AlignedConsumer(
            Consumer<byte[], byte[]> consumer,
            Alignment alignment,
            Set<AlignedInput> inputs,
            CommittedOffsets committed,
            BooleanSupplier replay,
            Supplier<Duration> commitInterval,
            Runnable news,
            Map<AlignedConsumer, Backlog> backlogs) {
        this.consumer = consumer;
        this.alignment = alignment;
        this.inputs = inputs.stream().collect(Collectors.toMap(AlignedInput::topic, Function.identity()));
        this.committed = committed;
        this.replay = replay;
        this.commitInterval = commitInterval;
        this.news = news;
        this.backlogs = backlogs;
    }

    @SuppressWarnings("unchecked") // The proxy implements Consumer and hands every other call to one of these types.
    Consumer<byte[], byte[]> asConsumer() {
        return (Consumer<byte[], byte[]>) Proxy.newProxyInstance(
                Consumer.class.getClassLoader(),
                new Class<?>[] {Consumer.class},
                (_, method, arguments) -> called(method, arguments));
    }

    @SuppressWarnings("unchecked") // Of arguments that the interface declares so.
    private @Nullable Object called(Method method, Object @Nullable [] arguments) throws Throwable {
        Object first = arguments == null || arguments.length == 0 ? null : arguments[0];
        switch (method.getName()) {
            case "poll" -> {
                return poll((Duration) Objects.requireNonNull(first));
            }
            case "subscribe" -> {
                if (arguments != null
                        && arguments.length == 2
                        && arguments[1] instanceof ConsumerRebalanceListener told) {
                    arguments[1] = listener(told);
                }
            }
            case "pause" -> {
                return pause((Collection<TopicPartition>) Objects.requireNonNull(first));
            }
            case "resume" -> {
                return resume((Collection<TopicPartition>) Objects.requireNonNull(first));
            }
            case "seek" -> forget(List.of((TopicPartition) Objects.requireNonNull(first)));
            case "seekToBeginning", "seekToEnd" -> forget((Collection<TopicPartition>) Objects.requireNonNull(first));
            case "unsubscribe", "close" -> {
                forget(List.copyOf(sources.keySet()));
                backlogs.remove(this);
            }
            case "position" -> {
                Source source = sources.get((TopicPartition) first);
                if (source != null && source.size() > 0) {
                    return source.head().offset();
                }
            }
            case "currentLag" -> {
                Source source = sources.get((TopicPartition) first);
                if (source != null && source.size() > 0) {
                    return OptionalLong.of(0);
                }
            }
            default -> {}
        }
        try {
            Object result = method.invoke(consumer, arguments);
            if (method.getName().equals("committed")) {
                goesOn |= ((Map<TopicPartition, OffsetAndMetadata>) Objects.requireNonNull(result))
                        .values().stream().anyMatch(Objects::nonNull);
                beginning = !goesOn;
            }
            return result;
        } catch (InvocationTargetException e) {
            throw Objects.requireNonNull(e.getCause());
        }
    }

    /** What comes of an input meanwhile is held: a partition that is really paused is not fetched ahead. */
    private @Nullable Object pause(Collection<TopicPartition> partitions) {
        pausedByStreams.addAll(partitions);
        consumer.pause(partitions.stream()
                .filter(partition -> !inputs.containsKey(partition.topic()))
                .toList());
        return null;
    }

    private @Nullable Object resume(Collection<TopicPartition> partitions) {
        pausedByStreams.removeAll(partitions);
        consumer.resume(partitions.stream()
                .filter(partition -> !isPausedHere(partition))
                .toList());
        return null;
    }

    private boolean isPausedHere(TopicPartition partition) {
        Source source = sources.get(partition);
        return source != null && source.paused;
    }

    private ConsumerRebalanceListener listener(ConsumerRebalanceListener told) {
        return new ConsumerRebalanceListener() {
            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                try {
                    told.onPartitionsRevoked(partitions);
                } finally {
                    forget(partitions);
                    pausedByStreams.removeAll(partitions);
                }
            }

            @Override
            public void onPartitionsLost(Collection<TopicPartition> partitions) {
                try {
                    told.onPartitionsLost(partitions);
                } finally {
                    forget(partitions);
                    pausedByStreams.removeAll(partitions);
                }
            }

            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                told.onPartitionsAssigned(partitions);
            }
        };
    }

    /** What was held of a partition will be read again, by whoever reads it next. */
    private void forget(Collection<TopicPartition> partitions) {
        for (TopicPartition partition : partitions) {
            Source source = sources.remove(partition);
            if (source != null) {
                if (source.paused && consumer.assignment().contains(partition)) {
                    consumer.resume(List.of(partition));
                }
                committed.forget(partition);
                alignment.gone(partition);
            }
        }
    }

    private ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
        learnPartitions();
        // Kafka Streams looks between polls only whether it is time to commit.
        Duration interval = soon > 0 ? commitInterval.get() : Duration.ZERO;
        boolean isSoon = interval.isPositive() && interval.compareTo(timeout) < 0;
        long deadline = System.nanoTime() + (isSoon ? interval : timeout).toNanos();
        while (true) {
            long left = Math.max(0, deadline - System.nanoTime());
            boolean holding = sources.values().stream().anyMatch(source -> source.size() > 0);
            long wait = holding ? Math.min(left, PATIENCE.toNanos()) : left;
            ConsumerRecords<byte[], byte[]> polled = consumer.poll(Duration.ofNanos(wait));
            ConsumerRecords<byte[], byte[]> passed = pass(polled);
            tellNews();
            // Others may wait for what has been processed to be committed, which Kafka Streams does between polls only.
            boolean committing = sources.values().stream().anyMatch(source -> !source.marks.isEmpty());
            if (!passed.isEmpty()
                    || !passed.nextOffsets().isEmpty()
                    || !holding
                    || committing
                    || System.nanoTime() >= deadline) {
                soon = passed.isEmpty() ? Math.max(0, soon - 1) : SOON;
                return passed;
            }
        }
    }

    private void learnPartitions() {
        if (learned) {
            return;
        }
        boolean all = true;
        for (AlignedInput input : inputs.values()) {
            // A definition may name an input that it does not read with the parameters it has.
            if (consumer.subscription().contains(input.topic())) {
                List<TopicPartition> partitions = consumer.partitionsFor(input.topic()).stream()
                        .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                        .toList();
                all &= !partitions.isEmpty();
                alignment.add(partitions, input.role());
            }
        }
        learned = all;
    }

    private ConsumerRecords<byte[], byte[]> pass(ConsumerRecords<byte[], byte[]> polled) {
        var records = new HashMap<TopicPartition, List<ConsumerRecord<byte[], byte[]>>>();
        var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
        boolean handsOver = false;
        boolean waits = false;
        for (TopicPartition partition : consumer.assignment()) {
            AlignedInput input = inputs.get(partition.topic());
            List<ConsumerRecord<byte[], byte[]>> found = polled.records(partition);
            OffsetAndMetadata next = polled.nextOffsets().get(partition);
            if (input == null) {
                if (!found.isEmpty()) {
                    records.put(partition, found);
                }
                if (next != null) {
                    offsets.put(partition, next);
                }
                continue;
            }
            Source source = sources.computeIfAbsent(partition, _ -> new Source(partition, input));
            if (!found.isEmpty() && source.standing != Standing.READING) {
                source.busySince = System.currentTimeMillis();
            }
            source.hold(found);
            if (next != null) {
                source.next = next;
                source.nextIsNew = true;
            }
            if (!found.isEmpty() && !source.begun) {
                source.begun = true;
                source.time = source.held.getFirst().time();
            }
            List<ConsumerRecord<byte[], byte[]>> passing = passing(source);
            if (!passing.isEmpty()) {
                records.put(partition, passing);
                handsOver = true;
            }
            waits |= source.size() > 0 && !pausedByStreams.contains(partition);
            boolean ended = source.nextIsNew && source.size() == 0 && !pausedByStreams.contains(partition);
            if (!passing.isEmpty() || ended) {
                OffsetAndMetadata reached = source.size() > 0
                        ? new OffsetAndMetadata(
                                source.head().offset(), source.head().leaderEpoch(), "")
                        : source.next;
                if (reached != null) {
                    offsets.put(partition, reached);
                }
                source.nextIsNew = source.nextIsNew && source.size() > 0;
            }
            pauseOrResume(source);
        }
        sources.values().forEach(this::locate);
        if (beginning && sources.values().stream().allMatch(source -> source.ended)) {
            beginning = false;
            goesOn = true;
        }
        backlogs.put(this, backlog(waits && !handsOver));
        return new ConsumerRecords<>(records, offsets);
    }

    private Backlog backlog(boolean waiting) {
        if (waiting) {
            return Backlog.WAITING;
        }
        long left = 0;
        for (Source source : sources.values()) {
            left += source.size() + consumer.currentLag(source.partition).orElse(0);
        }
        return left > MANY ? Backlog.MUCH : Backlog.LITTLE;
    }

    /** Takes off what may be handed over. */
    private List<ConsumerRecord<byte[], byte[]>> passing(Source source) {
        if (source.size() == 0) {
            alignment.goesOn(source.partition);
            return List.of();
        }
        if (pausedByStreams.contains(source.partition)) {
            // It has enough of this one.
            return List.of();
        }
        long now = System.currentTimeMillis();
        Limit limit = source.input.role() == Role.STREAM
                ? alignment.limit(source.partition, source.busySince, now)
                : NO_LIMIT;
        var passing = new ArrayList<ConsumerRecord<byte[], byte[]>>();
        Held last = null;
        while (!source.held.isEmpty() && limit.allows(source.held.getFirst().time())) {
            last = source.release();
            if (last.found().needed()) {
                passing.add(handOver(source, last));
            } else {
                source.leftOut = Math.max(source.leftOut, last.time());
                source.input.scan().orElseThrow().leftOut(last.record(), last.time());
            }
        }
        if (source.held.isEmpty() || limit.on() == null) {
            alignment.goesOn(source.partition);
        } else {
            alignment.waits(new Alignment.Wait(
                    source.partition,
                    Objects.requireNonNull(limit.on()),
                    source.held.getFirst().time(),
                    now));
        }
        if (last == null) {
            return List.of();
        }
        if (!last.found().needed()) {
            // By it Kafka Streams knows how far the partition has come.
            passing.add(handOver(source, last));
        }
        if (source.input.isReadByCommit()) {
            source.marks.add(new Mark(last.record().offset() + 1, Math.max(source.handedOver, source.leftOut)));
        }
        return passing;
    }

    private ConsumerRecord<byte[], byte[]> handOver(Source source, Held held) {
        InputScan.unmark(held.record().headers());
        if (source.leftOut != Position.NO_TIME) {
            InputScan.mark(held.record().headers(), source.leftOut);
            committed.leftOutBefore(source.partition, held.record().offset(), source.leftOut);
        }
        source.handedOver = Math.max(source.handedOver, held.time());
        return held.record();
    }

    private void pauseOrResume(Source source) {
        if (!source.paused && source.bytes > MUCH) {
            consumer.pause(List.of(source.partition));
            source.paused = true;
        } else if (source.paused && source.bytes <= LITTLE) {
            source.paused = false;
            consumer.resume(List.of(source.partition));
        }
    }

    /** Tells the alignment where a partition stands. */
    private void locate(Source source) {
        long now = System.currentTimeMillis();
        if (!source.input.isReadByCommit()) {
            source.time = source.handedOver;
        } else {
            long done = committed.of(source.partition);
            while (!source.marks.isEmpty() && source.marks.getFirst().offset() <= done) {
                source.time = Math.max(source.time, source.marks.removeFirst().time());
            }
            if (source.marks.isEmpty() && source.size() > 0) {
                source.time = Math.max(source.time, source.held.getFirst().time());
            }
        }
        Standing standing = standing(source);
        if (standing != source.standing) {
            source.standing = standing;
            source.since = now;
        }
        alignment.here(source.partition, new Position(source.time, standing, source.since));
    }

    private Standing standing(Source source) {
        boolean atEnd =
                source.size() == 0 && consumer.currentLag(source.partition).orElse(1) == 0;
        source.ended |= atEnd;
        boolean isLoading = source.standing == Standing.UNKNOWN || source.standing == Standing.LOADING;
        if (source.input.fedBy().isPresent() && isLoading && !isFilled(source)) {
            return Standing.LOADING;
        }
        if (atEnd && source.marks.isEmpty()) {
            // In a replay the end is what it is to catch up with.
            return beginning || replay.getAsBoolean() ? Standing.OVER : Standing.AT_END;
        }
        if (source.input.isTable() && source.standing != Standing.READING && source.standing != Standing.AT_END) {
            return isLoaded(source) ? Standing.READING : Standing.LOADING;
        }
        if (!source.input.isTable() && source.hasOnlyUnusable()) {
            // Unusable records have no time, and may never end: the partition holds others no longer than one that is
            // read.
            return Standing.AT_END;
        }
        return source.begun || source.standing != Standing.UNKNOWN ? Standing.READING : Standing.UNKNOWN;
    }

    /** Whether all that a table held when it was assigned has been read. */
    private boolean isLoaded(Source source) {
        long end = loadedAt(source);
        if (source.input.isReadByCommit() && committed.of(source.partition) >= end) {
            return true;
        }
        return source.size() == 0 && source.marks.isEmpty() && source.next != null && source.next.offset() >= end;
    }

    /**
     * Whether all that a table held has come through its repartition topic: the table has been read and committed, and what was
     * in the repartition topic then has been read, too. The lag of the consumer may be older than that.
     */
    private boolean isFilled(Source source) {
        return source.input.fedBy().map(alignment::isRead).orElse(true)
                && source.size() == 0
                && consumer.currentLag(source.partition).isPresent()
                && consumer.position(source.partition) >= loadedAt(source);
    }

    private long loadedAt(Source source) {
        if (source.loadedAt < 0) {
            source.loadedAt = Objects.requireNonNullElse(
                    consumer.endOffsets(List.of(source.partition)).get(source.partition), 0L);
        }
        return source.loadedAt;
    }

    private void tellNews() {
        long nanos = System.nanoTime();
        if (nanos - lookedForNews > NEWS_EVERY_NANOS) {
            lookedForNews = nanos;
            if (alignment.hasNews(System.currentTimeMillis())) {
                news.run();
            }
        }
    }
}
