package dev.kappa.reprocessing.deadletters;

import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.cluster.PartitionScan;
import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.reprocessing.cluster.TopicPositions;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.eventtime.EventTime;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Bytes;

/**
 * The dead letters of one view.
 *
 * <p>A letter is sent again to the partition its record came from, marked for the version that failed, in one transaction with a
 * note in the dead letter topic. Later versions read the original. Each sender fences those before it and reads the notes, so that a
 * letter is sent once, however many operators send it and however often one is interrupted.
 *
 * <p>Not thread-safe.
 */
public final class DeadLetterBox {

    private static final String PREFIX = "kappa.";
    private static final String REPLAYED = "kappa.replayed";
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    /** Far above what a broker takes, and no memory is taken before it is needed. */
    private static final int LARGEST_RECORD = 1 << 30;

    /** A letter, when it was written, and what was made of its bytes. */
    private record Found<T>(long at, DeadLetter letter, T made) {}

    /**
     * A letter without its bytes, and what was made of them.
     *
     * @param writtenAt when the letter was written
     */
    public record Listed<T>(DeadLetter letter, Instant writtenAt, T made) {}

    /**
     * What came of letters that were to be resent.
     *
     * @param sent those that were sent
     * @param lost why a letter cannot be sent whose record no longer exists, in whole sentences
     */
    public record Resent(List<DeadLetter> sent, Map<DeadLetter.Id, String> lost) {}

    /** Where the bytes of a letter's record are. */
    private sealed interface Origin {

        /** In the letter. */
        record InLetter() implements Origin {}

        /** Only in the topic that the letter came from. */
        record InTopic(ConsumerRecord<byte[], byte[]> record) implements Origin {}

        /** Nowhere any more. */
        record Lost(String reason) implements Origin {}
    }

    private final KafkaSettings kafka;
    private final ClusterNames names;
    private final String view;
    private final String topic;

    /** Reads nothing yet. */
    public DeadLetterBox(KafkaSettings kafka, ClusterNames names, String view) {
        this.kafka = kafka;
        this.names = names;
        this.view = view;
        this.topic = names.deadLetterTopic(view);
    }

    /**
     * All letters, oldest first; of several about the same record, the first.
     *
     * @throws RefusedException when the view has no dead letter topic
     */
    public List<DeadLetter> letters() {
        return read(Integer.MAX_VALUE, letter -> letter).stream()
                .map(found ->
                        found.letter().replayedAt().map(found.made()::replayed).orElse(found.made()))
                .toList();
    }

    /**
     * The newest letters, oldest first; of several about the same record, the first. Their keys and values are not kept in memory, but what
     * is made of them.
     *
     * @param newest offsets of each partition that are read
     * @param make makes something of a letter and its bytes
     * @throws RefusedException when the view has no dead letter topic
     */
    public <T> List<Listed<T>> newest(int newest, Function<DeadLetter, T> make) {
        return read(newest, make);
    }

    private <T> List<Listed<T>> read(int newest, Function<DeadLetter, T> make) {
        Consumer<byte[], byte[]> consumer = kafka.scanner(topic + "-reader");
        try {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList();
            if (partitions.isEmpty()) {
                throw new RefusedException("There is no topic " + topic + ": no app has run the view " + view
                        + " on this cluster. kappa views lists the existing views.");
            }
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            Map<TopicPartition, Long> begins = consumer.beginningOffsets(partitions);
            consumer.assign(partitions);
            // Notes come behind the letters that they are about.
            partitions.forEach(partition -> consumer.seek(
                    partition,
                    Math.max(begins.getOrDefault(partition, 0L), ends.getOrDefault(partition, 0L) - newest)));
            return read(consumer, ends, make);
        } finally {
            KafkaSettings.close(consumer);
        }
    }

    private <T> List<Listed<T>> read(
            Consumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends, Function<DeadLetter, T> make) {
        var found = new ArrayList<Found<T>>();
        var notes = new HashMap<String, Instant>();
        new PartitionScan(consumer, ends, PATIENCE).forEach(record -> {
            Header note = record.headers().lastHeader(REPLAYED);
            if (note != null) {
                notes.put(text(note), Instant.ofEpochMilli(record.timestamp()));
            } else {
                letter(record)
                        .ifPresent(letter ->
                                found.add(new Found<>(record.timestamp(), letter.withoutBytes(), make.apply(letter))));
            }
        });
        var letters = new LinkedHashMap<String, Found<T>>();
        found.sort(Comparator.<Found<T>>comparingLong(Found::at)
                .thenComparingInt(one -> one.letter().id().partition())
                .thenComparingLong(one -> one.letter().id().offset()));
        found.forEach(one -> letters.putIfAbsent(one.letter().about(), one));
        return letters.values().stream()
                .map(one -> new Listed<>(
                        Optional.ofNullable(notes.get(one.letter().about()))
                                .map(one.letter()::replayed)
                                .orElse(one.letter()),
                        Instant.ofEpochMilli(one.at()),
                        one.made()))
                .toList();
    }

    private static Optional<DeadLetter> letter(ConsumerRecord<byte[], byte[]> record) {
        return DeadLetterHeaders.of(record.headers())
                .map(found -> new DeadLetter(
                        new DeadLetter.Id(record.partition(), record.offset()),
                        found.origin(),
                        found.offset(),
                        found.timestamp(),
                        found.version(),
                        found.errorClass(),
                        found.errorMessage(),
                        record.key() == null ? null : Bytes.wrap(record.key()),
                        record.value() == null ? null : Bytes.wrap(record.value()),
                        record.headers(),
                        Optional.empty()));
    }

    /**
     * Sends letters through the view again, except those that were sent before and those whose records no longer exist.
     *
     * @throws RefusedException when Kafka refuses; either all or none were sent
     */
    public Resent replay(List<DeadLetter> chosen) {
        var settings = Map.<String, Object>of(
                ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                names.deadLetterTopic(view) + "-replay",
                ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                true,
                // The topic accepts again what it accepted before: the broker's limit is on compressed batches.
                ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                LARGEST_RECORD,
                ProducerConfig.BUFFER_MEMORY_CONFIG,
                2L * LARGEST_RECORD,
                ProducerConfig.COMPRESSION_TYPE_CONFIG,
                "zstd");
        try (Producer<byte[], byte[]> producer = kafka.producer(settings)) {
            producer.initTransactions();
            awaitOpenTransactions();
            var done = new HashMap<String, Boolean>();
            letters()
                    .forEach(letter ->
                            done.put(letter.about(), letter.replayedAt().isPresent()));
            List<DeadLetter> due = chosen.stream()
                    .filter(letter -> !done.getOrDefault(letter.about(), false))
                    .toList();
            var records = new ArrayList<ProducerRecord<byte[], byte[]>>();
            var sent = new ArrayList<DeadLetter>();
            var lost = new LinkedHashMap<DeadLetter.Id, String>();
            origins(due).forEach((letter, origin) -> {
                if (origin instanceof Origin.Lost(String reason)) {
                    lost.put(letter.id(), reason);
                } else {
                    records.add(again(letter, origin));
                    records.add(note(letter));
                    sent.add(letter);
                }
            });
            if (records.isEmpty()) {
                return new Resent(List.of(), lost);
            }
            producer.beginTransaction();
            try {
                for (ProducerRecord<byte[], byte[]> record : records) {
                    // The commit fails when one of them does.
                    var _ = producer.send(record);
                }
                producer.commitTransaction();
            } catch (KafkaException e) {
                throw new RefusedException("The letters could not be sent again: " + e.getMessage()
                        + ". Either all or none were sent; kappa dlq list " + view + " shows which.");
            }
            return new Resent(sent, lost);
        }
    }

    /**
     * Deletes letters, also those that were not sent again.
     *
     * @param before deletes only what was written before; absent: everything
     * @return how many records were deleted, notes of letters that were sent again among them
     * @throws RefusedException when the view has no dead letter topic
     */
    public long purge(Optional<Instant> before) {
        try (Admin admin = kafka.admin()) {
            var positions = new TopicPositions(kafka, admin);
            List<TopicPartition> partitions = positions.partitions(List.of(topic));
            Map<TopicPartition, Long> begins = positions.offsets(partitions, OffsetSpec.earliest());
            Map<TopicPartition, Long> ends = positions.offsets(partitions, OffsetSpec.latest());
            Map<TopicPartition, Long> until = before.map(
                            time -> positions.offsets(partitions, OffsetSpec.forTimestamp(time.toEpochMilli())))
                    .orElse(Map.of());
            var deleted = new HashMap<TopicPartition, RecordsToDelete>();
            long count = 0;
            for (TopicPartition partition : partitions) {
                long end = ends.getOrDefault(partition, 0L);
                long offset = until.getOrDefault(partition, end);
                // No record is that new.
                offset = offset < 0 ? end : offset;
                count += Math.max(0, offset - begins.getOrDefault(partition, 0L));
                deleted.put(partition, RecordsToDelete.beforeOffset(offset));
            }
            TopicPositions.await(admin.deleteRecords(deleted).all());
            return count;
        }
    }

    /**
     * Returns when nothing in the topic is in an open transaction: a note behind one could not be read.
     *
     * @throws RefusedException when that takes too long
     */
    private void awaitOpenTransactions() {
        long begun = System.nanoTime();
        try (Admin admin = kafka.admin()) {
            var positions = new TopicPositions(kafka, admin);
            List<TopicPartition> partitions = positions.partitions(List.of(topic));
            while (!positions
                    .offsets(partitions, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED)
                    .equals(positions.offsets(partitions, OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED))) {
                if (System.nanoTime() - begun > PATIENCE.toNanos()) {
                    throw new RefusedException("Topic " + topic + " has an open transaction, of a running app"
                            + " or of one that died. Try again in a minute; nothing was sent.");
                }
                Thread.sleep(POLL);
            }
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private Map<DeadLetter, Origin> origins(List<DeadLetter> letters) {
        Consumer<byte[], byte[]> consumer = kafka.scanner(topic + "-origins");
        try {
            var origins = new LinkedHashMap<DeadLetter, Origin>();
            letters.forEach(letter -> origins.put(letter, origin(consumer, letter)));
            return origins;
        } finally {
            KafkaSettings.close(consumer);
        }
    }

    private static Origin origin(Consumer<byte[], byte[]> consumer, DeadLetter letter) {
        TopicPartition partition = letter.origin();
        if (consumer.partitionsFor(partition.topic()).isEmpty()) {
            return new Origin.Lost("Letter " + letter.id() + " cannot be resent: topic " + partition.topic()
                    + ", from which it came, no longer exists.");
        }
        if (letter.key() != null || letter.value() != null) {
            return new Origin.InLetter();
        }
        consumer.assign(List.of(partition));
        Long first = consumer.beginningOffsets(List.of(partition)).get(partition);
        Long end = consumer.endOffsets(List.of(partition)).get(partition);
        if (first != null && end != null && first <= letter.offset() && letter.offset() < end) {
            consumer.seek(partition, letter.offset());
            var found = new ArrayList<ConsumerRecord<byte[], byte[]>>();
            new PartitionScan(consumer, Map.of(partition, letter.offset() + 1), PATIENCE).forEach(found::add);
            if (!found.isEmpty()) {
                return new Origin.InTopic(found.getFirst());
            }
        }
        return new Origin.Lost("Letter " + letter.id() + " cannot be resent: it has no bytes of its own, and "
                + letter.originText() + " has been deleted from its topic.");
    }

    private ProducerRecord<byte[], byte[]> again(DeadLetter letter, Origin origin) {
        Headers original = letter.headers();
        byte[] key = letter.key() == null ? null : letter.key().get();
        byte[] value = letter.value() == null ? null : letter.value().get();
        if (origin instanceof Origin.InTopic(ConsumerRecord<byte[], byte[]> record)) {
            original = record.headers();
            key = record.key();
            value = record.value();
        }
        var headers = new RecordHeaders();
        for (Header header : original) {
            // A part counts in its window only. Inputs carry no such header.
            if (!header.key().startsWith(PREFIX) || header.key().equals(EventTime.WINDOW_HEADER)) {
                headers.add(header);
            }
        }
        headers.add(Input.FOR_VERSION, names.outputTopic(letter.version()).getBytes(StandardCharsets.UTF_8));
        headers.add("kappa.replay-of", letter.originText().getBytes(StandardCharsets.UTF_8));
        return new ProducerRecord<>(
                letter.origin().topic(),
                letter.origin().partition(),
                letter.timestamp().toEpochMilli(),
                key,
                value,
                headers);
    }

    private ProducerRecord<byte[], byte[]> note(DeadLetter letter) {
        var headers = new RecordHeaders();
        headers.add(REPLAYED, letter.about().getBytes(StandardCharsets.UTF_8));
        return new ProducerRecord<>(topic, letter.id().partition(), null, null, null, headers);
    }

    private static String text(Header header) {
        return new String(Objects.requireNonNullElse(header.value(), new byte[0]), StandardCharsets.UTF_8);
    }
}
