package dev.kappa.reprocessing.catalog;

import dev.kappa.avro.SchemaRegistry;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.reprocessing.cluster.VersionId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TransactionAbortedException;
import org.jspecify.annotations.Nullable;

/**
 * Changes the catalog. All writers share one transactional id: to begin, a writer fences every other; then it reads the
 * catalog to its end, checks the change against that, and writes it in a transaction that fails if it has been fenced
 * itself. So of two that act on the same state one wins, and a change is never based on a state that is no more.
 *
 * <p>Thread-safe; one change at a time.
 *
 * @see <a href="https://cwiki.apache.org/confluence/display/KAFKA/KIP-98+-+Exactly+Once+Delivery+and+Transactional+Messaging">KIP-98</a>
 */
public final class CatalogWriter {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);
    private static final int TRANSACTION_TIMEOUT_MS = 10_000;

    private final KafkaSettings settings;
    private final ClusterNames names;
    private final SchemaRegistry registry;
    private final InstantSource clock;

    /** Writes nothing yet. The registry is the caller's to close. */
    public CatalogWriter(KafkaSettings settings, ClusterNames names, SchemaRegistry registry, InstantSource clock) {
        this.settings = settings;
        this.names = names;
        this.registry = registry;
        this.clock = clock;
    }

    /**
     * Changes one view.
     *
     * @param view the view
     * @param basedOn epoch of the catalog the decision was made on
     * @param by who decided
     * @param command what was asked for, for the audit trail
     * @param transition the change
     * @return the catalog after the change
     * @throws ConflictException when the view has changed since; nothing is done then
     * @throws RefusedException when the transition is not allowed, or a record of the view cannot be read
     * @throws KafkaException when the broker does not answer; whether the change was made is then not known
     */
    public Catalog change(String view, long basedOn, CatalogChange.Operator by, String command, Transition transition) {
        return change(view, basedOn, by, command, transition, Positions.NONE);
    }

    /**
     * Offsets of a consumer group.
     *
     * @param group its id
     * @param offsets the next offset to be read of each partition
     */
    public record Positions(String group, Map<TopicPartition, Long> offsets) {

        static final Positions NONE = new Positions("", Map.of());

        public Positions {
            offsets = Map.copyOf(offsets);
        }
    }

    /**
     * Changes one view, as {@link #change(String, long, CatalogChange.Operator, String, Transition)} does, and commits offsets of a
     * group in the same transaction: both happen or neither does, and a writer that comes late moves no group that runs.
     */
    public synchronized Catalog change(
            String view,
            long basedOn,
            CatalogChange.Operator by,
            String command,
            Transition transition,
            Positions positions) {
        String id = UUID.randomUUID().toString();
        try (var log = new CatalogLog(settings, names, registry)) {
            return fenced(producer -> {
                Catalog before = log.readToEnd();
                // An attempt before may have made the change, although its outcome was not known.
                if (has(before, id)) {
                    return before;
                }
                requireUnchanged(before, view, basedOn, command);
                Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
                long epoch = before.epoch() + 1;
                List<ViewVersion> versions = transition.apply(before, epoch, now);
                var change =
                        new CatalogChange(id, epoch, view, now, by, command, steps(before, versions), log.lastChange());
                write(producer, versions, change, positions);
                return awaitOwn(log, change);
            });
        }
    }

    /**
     * Commits offsets of a group while no other writer can.
     *
     * @param positions decides, each time that all other writers are fenced; nothing is committed when there are none
     * @throws KafkaException when the broker does not answer; whether they were committed is then not known
     */
    public synchronized void commit(Supplier<Positions> positions) {
        var _ = fenced(producer -> {
            Positions decided = positions.get();
            if (!decided.offsets().isEmpty()) {
                producer.beginTransaction();
                send(producer, decided);
                commit(producer);
            }
            return decided;
        });
    }

    /**
     * Records where a first version begins, and commits its first offsets in the same transaction; does nothing when another instance
     * has done so. It is no change that anybody decides on: the catalog's epoch stays.
     *
     * @param id the version
     * @param start decides where it begins, each time that all other writers are fenced; the version does not begin without partitions
     * @throws KafkaException when the broker does not answer; whether it was recorded is then not known
     */
    public synchronized void begin(VersionId id, Supplier<ViewVersion.Origin> start) {
        var _ = fenced(producer -> {
            try (var log = new CatalogLog(settings, names, registry);
                    var codec = new CatalogCodec(names.catalogTopic(), settings, registry)) {
                Catalog catalog = log.readToEnd();
                if (catalog.version(id).flatMap(ViewVersion::origin).isPresent()) {
                    return catalog;
                }
                ViewVersion.Origin decided = start.get();
                if (decided.ranges().isEmpty()) {
                    return catalog;
                }
                Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
                producer.beginTransaction();
                for (ViewVersion begun : Transition.begins(id, decided).apply(catalog, catalog.epoch(), now)) {
                    var _ = producer.send(
                            new ProducerRecord<>(names.catalogTopic(), 0, bytes(id.toString()), codec.encode(begun)));
                }
                producer.flush();
                send(
                        producer,
                        new Positions(
                                names.applicationId(id),
                                decided.ranges().stream()
                                        .collect(Collectors.toMap(
                                                ViewVersion.Range::partition, ViewVersion.Range::start))));
                commit(producer);
                return catalog;
            }
        });
    }

    /**
     * Does something that fails when another writer comes in between, and does it again then. The outcome of an attempt may be unknown:
     * the next one has to look.
     */
    private <T> T fenced(Function<Producer<byte[], byte[]>, T> action) {
        long begun = System.nanoTime();
        for (int attempt = 0; ; attempt++) {
            Producer<byte[], byte[]> producer = settings.producer(producerSettings());
            try {
                producer.initTransactions();
                return action.apply(producer);
            } catch (KafkaException e) {
                if (!isToVerify(e) || System.nanoTime() - begun > PATIENCE.toNanos()) {
                    throw e;
                }
                pause(attempt);
            } finally {
                // Bounded: without a coordinator, an open transaction cannot be ended.
                producer.close(CLOSE_PATIENCE);
            }
        }
    }

    private void send(Producer<byte[], byte[]> producer, Positions positions) {
        var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
        positions.offsets().forEach((partition, offset) -> offsets.put(partition, new OffsetAndMetadata(offset)));
        producer.sendOffsetsToTransaction(offsets, settings.groupOfOthers(positions.group()));
    }

    private static boolean has(Catalog catalog, String change) {
        return catalog.changes().stream().anyMatch(known -> known.id().equals(change));
    }

    /** A commit is answered when it is decided; readers see it a moment later. */
    private static Catalog awaitOwn(CatalogLog log, CatalogChange change) {
        long begun = System.nanoTime();
        while (true) {
            Catalog after = log.poll(Duration.ofMillis(10));
            if (has(after, change.id())) {
                return after;
            }
            if (System.nanoTime() - begun > PATIENCE.toNanos()) {
                throw new TimeoutException("The change is made, epoch " + change.epoch()
                        + ", but the catalog does not show it after " + PATIENCE.toSeconds() + " s");
            }
        }
    }

    /**
     * Writers that fence each other come back at different times, and the further apart the more often they have: several that
     * need longer for a change than they pause would otherwise keep each other from ever making one.
     */
    private static void pause(int attempt) {
        long longest = Math.min(LONGEST_PAUSE.toMillis(), 150L << Math.min(attempt, 10));
        try {
            Thread.sleep(Duration.ofMillis(ThreadLocalRandom.current().nextLong(10, longest)));
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    /** Whether the outcome is open: another writer came in between, or the end of the transaction got no clear answer. */
    private static boolean isToVerify(KafkaException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ProducerFencedException
                    || cause instanceof InvalidProducerEpochException
                    || cause instanceof InvalidTxnStateException
                    || cause instanceof TransactionAbortedException
                    || cause instanceof OutcomeUnknownException) {
                return true;
            }
        }
        return false;
    }

    /** The transaction's end failed, with the cause. */
    private static final class OutcomeUnknownException extends KafkaException {
        private static final long serialVersionUID = 1L;

        OutcomeUnknownException(KafkaException cause) {
            super("Whether the change was made is not known: " + cause.getMessage(), cause);
        }
    }

    private static void requireUnchanged(Catalog catalog, String view, long basedOn, String command) {
        String unreadable = catalog.unreadable().get(view);
        if (unreadable != null) {
            throw new RefusedException("View " + view + " cannot be changed. " + unreadable);
        }
        List<CatalogChange> since = catalog.changes(view, basedOn).stream()
                // Of several instances that find the same, the first records it.
                .filter(change -> change.overtakesDecisions() || command.equals(CatalogChange.FOUND_PROBLEMS))
                .toList();
        if (!since.isEmpty()) {
            throw new ConflictException(view, basedOn, since);
        }
        if (basedOn > catalog.epoch()) {
            throw new RefusedException("The catalog is at epoch " + catalog.epoch() + "; epoch " + basedOn
                    + " has not been reached. Check that this is the right cluster.");
        }
    }

    private static List<CatalogChange.Step> steps(Catalog before, List<ViewVersion> after) {
        return after.stream()
                .map(version -> {
                    Optional<ViewVersion> old = before.version(version.id());
                    return new CatalogChange.Step(
                            version.id().number(),
                            old.map(ViewVersion::phase),
                            version.phase(),
                            note(old.orElse(null), version));
                })
                .toList();
    }

    private static Optional<String> note(@Nullable ViewVersion before, ViewVersion after) {
        if (before == null) {
            return Optional.of("parameters " + after.blueprint().values()
                    + after.origin().map(origin -> ", from " + origin.from()).orElse(""));
        }
        if (!before.maxRate().equals(after.maxRate())) {
            return Optional.of(after.maxRate()
                    .map(rate -> "at most " + rate + " records/s")
                    .orElse("no limit of the rate"));
        }
        if (before.removed() != after.removed() || before.outputRemoved() != after.outputRemoved()) {
            return Optional.of(after.outputRemoved() ? "removed with its output" : "removed");
        }
        if (!before.inputProblems().equals(after.inputProblems())) {
            return Optional.of("found of inputs: "
                    + after.inputProblems().stream()
                            .filter(found -> !before.inputProblems().contains(found))
                            .map(found -> found.topic() + ": " + found.problem().text())
                            .collect(Collectors.joining("; ")));
        }
        if (before.phase() == after.phase() && !before.gaps().equals(after.gaps())) {
            return Optional.of("incomplete; deleted before they were read: "
                    + after.gaps().stream()
                            .filter(gap -> !before.gaps().contains(gap))
                            .map(ViewVersion.Gap::text)
                            .collect(Collectors.joining("; ")));
        }
        return before.phase() == after.phase() ? Optional.empty() : after.detail();
    }

    private void write(
            Producer<byte[], byte[]> producer, List<ViewVersion> versions, CatalogChange change, Positions positions) {
        String topic = names.catalogTopic();
        try (var codec = new CatalogCodec(topic, settings, registry)) {
            producer.beginTransaction();
            for (ViewVersion version : versions) {
                var _ = producer.send(
                        new ProducerRecord<>(topic, 0, bytes(version.id().toString()), codec.encode(version)));
            }
            var _ = producer.send(
                    new ProducerRecord<>(topic, 0, bytes(change.view() + "@" + change.epoch()), codec.encode(change)));
            producer.flush();
            if (!positions.offsets().isEmpty()) {
                send(producer, positions);
            }
            CrashPoint.CHANGE_SENT.passed();
            commit(producer);
            CrashPoint.CHANGE_COMMITTED.passed();
        }
    }

    /** When another writer fences this one just now, a broker may answer with an error of its own. */
    private static void commit(Producer<byte[], byte[]> producer) {
        try {
            producer.commitTransaction();
        } catch (KafkaException e) {
            throw new OutcomeUnknownException(e);
        }
    }

    private static byte[] bytes(String text) {
        return Objects.requireNonNull(text).getBytes(StandardCharsets.UTF_8);
    }

    private Map<String, Object> producerSettings() {
        var own = new HashMap<String, Object>();
        own.put(ProducerConfig.CLIENT_ID_CONFIG, names.catalogTopic() + "-writer");
        own.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, names.catalogTopic());
        own.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, TRANSACTION_TIMEOUT_MS);
        own.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, PATIENCE.toMillis());
        own.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) PATIENCE.toMillis());
        own.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, TRANSACTION_TIMEOUT_MS);
        own.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        own.put(ProducerConfig.ACKS_CONFIG, "all");
        own.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, 16 << 20);
        // The coordinator is asked again while it ends the writer's transaction before; that takes milliseconds.
        own.put(ProducerConfig.RETRY_BACKOFF_MS_CONFIG, 10);
        return own;
    }
}
