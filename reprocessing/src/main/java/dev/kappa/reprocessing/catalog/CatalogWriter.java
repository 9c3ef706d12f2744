package dev.kappa.reprocessing.catalog;

import dev.kappa.avro.SchemaRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
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
    public synchronized Catalog change(
            String view, long basedOn, CatalogChange.Operator by, String command, Transition transition) {
        String id = UUID.randomUUID().toString();
        long begun = System.nanoTime();
        try (var log = new CatalogLog(settings, names, registry)) {
            while (true) {
                try (Producer<byte[], byte[]> producer = settings.producer(producerSettings())) {
                    producer.initTransactions();
                    Catalog before = log.readToEnd();
                    if (before.changes().stream().anyMatch(change -> change.id().equals(id))) {
                        return before;
                    }
                    requireUnchanged(before, view, basedOn);
                    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
                    long epoch = before.epoch() + 1;
                    List<ViewVersion> versions = transition.apply(before, epoch, now);
                    var change = new CatalogChange(id, epoch, view, now, by, command, steps(before, versions));
                    write(producer, versions, change);
                    return log.readToEnd();
                } catch (ProducerFencedException | InvalidProducerEpochException fenced) {
                    // Another writer came in between. What it did is seen at the next turn.
                    giveUpAfterPatience(begun, fenced);
                } catch (TimeoutException | AuthenticationException | AuthorizationException e) {
                    throw e;
                } catch (KafkaException e) {
                    if (!(e.getCause() instanceof ProducerFencedException)
                            && !(e.getCause() instanceof InvalidProducerEpochException)) {
                        throw e;
                    }
                    giveUpAfterPatience(begun, e);
                }
            }
        }
    }

    private static void giveUpAfterPatience(long begun, KafkaException fenced) {
        if (System.nanoTime() - begun > PATIENCE.toNanos()) {
            throw fenced;
        }
    }

    private static void requireUnchanged(Catalog catalog, String view, long basedOn) {
        String unreadable = catalog.unreadable().get(view);
        if (unreadable != null) {
            throw new RefusedException("Nothing is done to view " + view + ". " + unreadable);
        }
        List<CatalogChange> since = catalog.changes(view, basedOn);
        if (!since.isEmpty()) {
            throw new ConflictException(view, basedOn, since);
        }
        if (basedOn > catalog.epoch()) {
            throw new RefusedException("The catalog is at epoch " + catalog.epoch() + "; epoch " + basedOn
                    + " has never been. Is this another cluster?");
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
            return Optional.of("at most "
                    + after.maxRate().map(rate -> rate + " records/s").orElse("any number of records/s"));
        }
        if (before.removed() != after.removed() || before.outputRemoved() != after.outputRemoved()) {
            return Optional.of(after.outputRemoved() ? "removed with its output" : "removed");
        }
        return before.phase() == after.phase() ? Optional.empty() : after.detail();
    }

    private void write(Producer<byte[], byte[]> producer, List<ViewVersion> versions, CatalogChange change) {
        String topic = names.catalogTopic();
        try (var codec = new CatalogCodec(topic, settings.values(), registry)) {
            producer.beginTransaction();
            for (ViewVersion version : versions) {
                var _ = producer.send(
                        new ProducerRecord<>(topic, 0, bytes(version.id().toString()), codec.encode(version)));
            }
            var _ = producer.send(
                    new ProducerRecord<>(topic, 0, bytes(change.view() + "@" + change.epoch()), codec.encode(change)));
            producer.commitTransaction();
        }
    }

    private static byte[] bytes(String text) {
        return Objects.requireNonNull(text).getBytes(StandardCharsets.UTF_8);
    }

    private Map<String, Object> producerSettings() {
        return Map.of(
                ProducerConfig.CLIENT_ID_CONFIG,
                names.catalogTopic() + "-writer",
                ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                names.catalogTopic(),
                ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
                TRANSACTION_TIMEOUT_MS,
                ProducerConfig.MAX_BLOCK_MS_CONFIG,
                PATIENCE.toMillis(),
                ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                (int) PATIENCE.toMillis(),
                ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
                TRANSACTION_TIMEOUT_MS,
                ProducerConfig.LINGER_MS_CONFIG,
                0,
                ProducerConfig.ACKS_CONFIG,
                "all",
                ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                16 << 20);
    }
}
