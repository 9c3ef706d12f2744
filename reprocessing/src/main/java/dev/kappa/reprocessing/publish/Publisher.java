package dev.kappa.reprocessing.publish;

import dev.kappa.avro.SchemaRegistry;
import dev.kappa.reprocessing.background.BackgroundLoop;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.CatalogLog;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.cluster.PartitionScan;
import dev.kappa.reprocessing.cluster.TopicCreator;
import dev.kappa.reprocessing.cluster.TopicSettings;
import dev.kappa.reprocessing.diff.KeyTable;
import dev.kappa.reprocessing.publish.PublishingPlan.Step;
import dev.kappa.reprocessing.replay.ReplaySettings;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.avro.Schema;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the published topic of a view equal to the active version's output, exactly once. When another version becomes
 * active, the differences between what was published and the new version's results are published as ordinary updates, with
 * tombstones for keys that are gone.
 *
 * <p>Every instance runs one; a consumer group on the catalog's partition decides which of them works. That one fences all
 * others with its producer's transactional id, and reads the catalog to its end afterwards, so none continues to publish an
 * older version. How far each partition has come, and since which switch, is committed with the records.
 *
 * <p>Everything runs on the thread of its {@link #loop}.
 */
public final class Publisher {

    private static final Logger log = LoggerFactory.getLogger(Publisher.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration STALLED = Duration.ofSeconds(60);
    private static final int BATCH = 1000;
    /** Far less than {@link dev.kappa.reprocessing.cluster.TopicSettings#LONGEST_ABSENCE}. */
    private static final Duration REFRESH = Duration.ofHours(1);

    private final KafkaSettings settings;
    private final ClusterNames names;
    private final SchemaRegistry registry;
    private final String view;
    private final String published;
    private final Path directory;
    private final Optional<Short> replicationFactor;
    private final int maxMessageBytes;
    private final Translation textKeys;
    private final Translation recordKeys;
    private final InstantSource clock = InstantSource.system();
    private Translation keys;
    private long refreshedAt = System.nanoTime();
    private volatile long upToDateAt = System.nanoTime();
    private final Translation values;

    /**
     * For one view. The registry is the caller's to close.
     *
     * @param directory where results are kept while they are compared after a switch
     */
    public Publisher(
            KafkaSettings settings,
            ClusterNames names,
            SchemaRegistry registry,
            String view,
            ReplaySettings replaySettings,
            Path directory) {
        this.settings = settings;
        this.directory = directory;
        this.names = names;
        this.registry = registry;
        this.view = view;
        this.published = names.publishedTopic(view);
        this.replicationFactor = replaySettings.replicationFactor();
        this.maxMessageBytes = replaySettings.maxMessageBytes();
        this.textKeys = new Translation(registry, published + "-key", false);
        this.recordKeys = new Translation(registry, published + "-key", true);
        this.values = new Translation(registry, published + "-value", true);
        this.keys = textKeys;
    }

    /** The loop that publishes; it has not been started. */
    public BackgroundLoop loop() {
        return new BackgroundLoop(
                "kappa-publish-" + view,
                Duration.ZERO,
                new BackgroundLoop.Messages(
                        "Publishing was interrupted and starts over: view=" + view,
                        "Publishing continues: view=" + view),
                this::takePart);
    }

    /** The view that is published. */
    public String view() {
        return view;
    }

    /** How long ago everything was published, as far as this instance is to publish it; next to nothing where another one is. */
    public Duration behind() {
        return Duration.ofNanos(System.nanoTime() - upToDateAt);
    }

    /** Takes part in the election, and publishes while this member has won, until either fails. */
    private void takePart(BackgroundLoop loop) {
        try (Consumer<byte[], byte[]> election = election()) {
            election.subscribe(List.of(names.catalogTopic()));
            while (true) {
                election.poll(POLL);
                loop.progress();
                if (!election.assignment().isEmpty()) {
                    election.pause(election.assignment());
                    publish(new Election(election, loop));
                } else if (election.groupMetadata().generationId() > 0) {
                    // Another member publishes.
                    upToDateAt = System.nanoTime();
                    loop.succeeded();
                }
            }
        }
    }

    /** The membership in the group whose one member with the catalog's partition publishes. */
    private record Election(Consumer<byte[], byte[]> consumer, BackgroundLoop loop) {

        /** Polls, so that the group keeps this member. */
        boolean isWon() {
            loop.progress();
            consumer.poll(Duration.ZERO);
            consumer.pause(consumer.assignment());
            return !consumer.assignment().isEmpty();
        }

        void require() {
            if (!isWon()) {
                throw new KafkaException("Another instance publishes now");
            }
        }
    }

    private Consumer<byte[], byte[]> election() {
        return settings.consumer(Map.of(
                ConsumerConfig.GROUP_ID_CONFIG,
                names.publisher(view),
                ConsumerConfig.CLIENT_ID_CONFIG,
                names.publisher(view),
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                "latest",
                ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG,
                10_000,
                ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG,
                3_000));
    }

    /** Publishes while this member has the catalog's partition. */
    private void publish(Election election) {
        try (Producer<byte[], byte[]> producer = settings.producer(Map.of(
                        ProducerConfig.CLIENT_ID_CONFIG,
                        names.publisher(view),
                        ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                        names.publisher(view),
                        ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                        maxMessageBytes));
                var catalogLog = new CatalogLog(settings, names, registry);
                Consumer<byte[], byte[]> results = settings.consumer(Map.of(
                        ConsumerConfig.CLIENT_ID_CONFIG,
                        names.publisher(view) + "-results",
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                        "none"))) {
            // From here on every other publisher of the view fails; what the catalog says afterwards is not outdated.
            producer.initTransactions();
            Catalog catalog = catalogLog.readToEnd();
            Optional<ViewVersion> current = Optional.empty();
            while (election.isWon()) {
                switch (PublishingPlan.next(current, catalog.active(view))) {
                    case Step.End _ -> {
                        upToDateAt = System.nanoTime();
                        return;
                    }
                    case Step.Begin(ViewVersion version) -> {
                        begin(version, election, producer, results);
                        current = Optional.of(version);
                    }
                    case Step.Copy(ViewVersion version) -> copy(version, election, producer, results);
                }
                election.loop().succeeded();
                catalog = catalogLog.poll(Duration.ZERO);
            }
        }
    }

    private void begin(
            ViewVersion version,
            Election election,
            Producer<byte[], byte[]> producer,
            Consumer<byte[], byte[]> results) {
        createTopic(version);
        Schema keySchema = new Schema.Parser().parse(version.blueprint().outputKeySchema());
        keys = keySchema.getType() == Schema.Type.RECORD ? recordKeys : textKeys;
        Set<TopicPartition> partitions = new HashSet<>();
        for (int partition = 0; partition < version.outputPartitions(); partition++) {
            partitions.add(new TopicPartition(names.outputTopic(version.id()), partition));
        }
        Map<TopicPartition, OffsetAndMetadata> committed = election.consumer().committed(partitions);
        var starts = new HashMap<TopicPartition, Long>();
        for (TopicPartition partition : partitions) {
            OptionalLong known = PublishingPlan.continuesAt(version, committed.get(partition), clock.instant());
            starts.put(
                    partition,
                    known.isPresent() ? known.getAsLong() : bringUpToDate(version, partition, election, producer));
        }
        results.assign(partitions);
        starts.forEach(results::seek);
        log.info("Publishing: view={} version={} topic={}", view, version.id().number(), published);
    }

    private void createTopic(ViewVersion version) {
        try (Admin admin = settings.admin()) {
            new TopicCreator(admin)
                    .create(
                            published,
                            version.outputPartitions(),
                            replicationFactor,
                            TopicSettings.compacted(maxMessageBytes));
            int found = admin.describeTopics(List.of(published))
                    .allTopicNames()
                    .get()
                    .values()
                    .iterator()
                    .next()
                    .partitions()
                    .size();
            if (found != version.outputPartitions()) {
                throw new IllegalStateException("Topic " + published + " has " + found + " partitions; the results of "
                        + version.id() + " have " + version.outputPartitions()
                        + ". If another application owns it, set kappa.views." + view
                        + ".publish=false; otherwise delete it.");
            }
        } catch (ExecutionException e) {
            throw new KafkaException("Topic " + published + " cannot be created: " + e.getCause(), e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    /**
     * Publishes what is different between a published partition and the same one of a version's output, and returns where
     * the output is to be copied from. After a crash in between it is done again, and finds fewer differences.
     */
    private long bringUpToDate(
            ViewVersion version, TopicPartition partition, Election election, Producer<byte[], byte[]> producer) {
        var target = new TopicPartition(published, partition.partition());
        // The result of a switch does not depend on a limit.
        try (var table = new KeyTable(new KeyTable.Space(directory, Long.MAX_VALUE));
                Consumer<byte[], byte[]> reader = settings.scanner(names.publisher(view) + "-differences")) {
            fill(table, KeyTable.Side.OLD, reader, target, election, false);
            long end = fill(table, KeyTable.Side.NEW, reader, partition, election, true);
            var batch = new ArrayList<ProducerRecord<byte[], byte[]>>();
            table.visit((key, before, after) -> {
                PublishingPlan.update(before, after)
                        .ifPresent(update -> batch.add(new ProducerRecord<>(
                                target.topic(),
                                target.partition(),
                                update.timestamp(),
                                Base64.getDecoder().decode(key),
                                update.value().map(Bytes::get).orElse(null))));
                if (batch.size() == BATCH) {
                    send(producer, election, batch, Map.of());
                    batch.clear();
                }
            });
            send(
                    producer,
                    election,
                    batch,
                    Map.of(partition, PublishingPlan.note(version).at(end, clock.instant())));
            return end;
        }
    }

    /** Reads a partition to its end as of now; returns that end. */
    private long fill(
            KeyTable table,
            KeyTable.Side side,
            Consumer<byte[], byte[]> reader,
            TopicPartition partition,
            Election election,
            boolean translate) {
        reader.assign(List.of(partition));
        reader.seekToBeginning(List.of(partition));
        long end = Objects.requireNonNull(reader.endOffsets(List.of(partition)).get(partition));
        new PartitionScan(reader, Map.of(partition, end), STALLED, election::require).forEach(found -> {
            byte[] key = translate ? keys.translate(found.key()) : found.key();
            byte @Nullable [] value = translate ? values.translateOrNull(found.value()) : found.value();
            table.put(side, Base64.getEncoder().encodeToString(key), found.timestamp(), value);
        });
        return end;
    }

    private void copy(
            ViewVersion version,
            Election election,
            Producer<byte[], byte[]> producer,
            Consumer<byte[], byte[]> results) {
        var batch = new ArrayList<ProducerRecord<byte[], byte[]>>();
        var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
        for (ConsumerRecord<byte[], byte[]> found : results.poll(POLL)) {
            batch.add(new ProducerRecord<>(
                    published,
                    found.partition(),
                    found.timestamp(),
                    keys.translate(found.key()),
                    values.translateOrNull(found.value())));
            offsets.put(
                    new TopicPartition(found.topic(), found.partition()),
                    PublishingPlan.note(version).at(found.offset() + 1, clock.instant()));
        }
        if (System.nanoTime() - refreshedAt > REFRESH.toNanos()) {
            // Partitions without news have been read, too.
            results.assignment()
                    .forEach(partition -> offsets.putIfAbsent(
                            partition, PublishingPlan.note(version).at(results.position(partition), clock.instant())));
            refreshedAt = System.nanoTime();
        }
        if (!offsets.isEmpty()) {
            send(producer, election, batch, offsets);
        }
        if (results.assignment().stream()
                .allMatch(partition -> results.currentLag(partition).orElse(1) == 0)) {
            upToDateAt = System.nanoTime();
        }
    }

    private static void send(
            Producer<byte[], byte[]> producer,
            Election election,
            List<ProducerRecord<byte[], byte[]>> batch,
            Map<TopicPartition, OffsetAndMetadata> offsets) {
        election.require();
        producer.beginTransaction();
        for (ProducerRecord<byte[], byte[]> update : batch) {
            // A failed send fails the commit.
            var _ = producer.send(update);
        }
        producer.sendOffsetsToTransaction(offsets, election.consumer().groupMetadata());
        producer.commitTransaction();
    }
}
