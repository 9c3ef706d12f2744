package dev.kappa.reprocessing.catalog;

import dev.kappa.reprocessing.cluster.VersionId;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the records of the catalog's topic add up to. A version is at key {@code view.vN}, an entry of the audit trail at {@code view@epoch}.
 * No record can stop it: one that cannot be read makes its view unreadable, and one that would use up epochs or numbers is left alone. Not
 * thread-safe.
 */
final class CatalogContent {

    private static final Logger log = LoggerFactory.getLogger(CatalogContent.class);

    private static final int FRAME_BYTES = 5;

    private static final Pattern VERSION_KEY = Pattern.compile("(.+)\\.v([1-9]\\d{0,8})");
    private static final Pattern CHANGE_KEY = Pattern.compile("(.+)@(\\d{1,18})");

    private final String topic;
    private final CatalogCodec codec;
    private final Map<VersionId, ViewVersion> versions = new HashMap<>();
    private final Map<Long, CatalogChange> changes = new TreeMap<>();
    private final Map<VersionId, String> unreadable = new LinkedHashMap<>();
    private final AuditChain chain = new AuditChain();

    /** The highest number of a version that can be read, by view. */
    private final Map<String, Integer> numbers = new HashMap<>();

    private String failure = "";

    /**
     * Begins without a record.
     *
     * @param topic named in messages
     * @param codec the caller's to close
     */
    CatalogContent(String topic, CatalogCodec codec) {
        this.topic = topic;
        this.codec = codec;
    }

    /** Whether a record is an entry of the audit trail, with which a change ends. */
    static boolean isChange(ConsumerRecord<byte[], byte[]> found) {
        return CHANGE_KEY.matcher(key(found)).matches();
    }

    private static String key(ConsumerRecord<byte[], byte[]> found) {
        return found.key() == null ? "" : new String(found.key(), StandardCharsets.UTF_8);
    }

    /** The catalog after the last record. */
    Catalog catalog() {
        return new Catalog(
                chain.epoch(),
                List.copyOf(versions.values()),
                List.copyOf(changes.values()),
                unreadable(),
                chain.breaks());
    }

    /** What the next entry of the audit trail names as the one before it. */
    Optional<String> lastChange() {
        return chain.last();
    }

    /**
     * Takes over the next record.
     *
     * @throws dev.kappa.avro.SchemaRegistryUnavailableException when the registry is unavailable; nothing has changed then
     */
    void apply(ConsumerRecord<byte[], byte[]> found) {
        Matcher change = CHANGE_KEY.matcher(key(found));
        if (change.matches()) {
            long epoch = Long.parseLong(change.group(2));
            Optional<CatalogChange> entry = decoded(found)
                    .filter(CatalogChange.class::isInstance)
                    .map(CatalogChange.class::cast)
                    .filter(readable -> readable.epoch() == epoch);
            if (chain.next(epoch, found.offset(), payload(found), entry)) {
                entry.ifPresent(readable -> changes.put(epoch, readable));
            }
            return;
        }
        Matcher version = VERSION_KEY.matcher(key(found));
        if (!version.matches()) {
            log.debug("Catalog has a record of a key that is none of ours, left alone: offset={}", found.offset());
            return;
        }
        var id = new VersionId(version.group(1), Integer.parseInt(version.group(2)));
        int highest = numbers.getOrDefault(id.view(), 0);
        if (id.number() - highest > AuditChain.MAX_STEP) {
            log.debug(
                    "Catalog has a version of a number that is none of ours, left alone: version={} offset={}",
                    id,
                    found.offset());
            return;
        }
        Optional<Object> entry = decoded(found);
        if (entry.isPresent()
                && entry.get() instanceof ViewVersion readable
                && readable.id().equals(id)) {
            numbers.put(id.view(), Math.max(highest, id.number()));
            versions.put(id, readable);
            unreadable.remove(id);
        } else {
            unreadable.put(
                    id,
                    "The record of " + id + " at offset " + found.offset() + " of " + topic + " cannot be read: "
                            + failure);
        }
    }

    /** The encoded record without its frame: the id of a schema may be another where a topic was copied to. */
    private static byte @Nullable [] payload(ConsumerRecord<byte[], byte[]> found) {
        byte[] value = found.value();
        return value == null || value.length < FRAME_BYTES
                ? value
                : Arrays.copyOfRange(value, FRAME_BYTES, value.length);
    }

    private Optional<Object> decoded(ConsumerRecord<byte[], byte[]> found) {
        failure = "it is not the record of that version";
        if (found.value() == null) {
            failure = "it has been deleted";
            return Optional.empty();
        }
        try {
            return Optional.of(codec.decode(found.value()));
        } catch (SerializationException e) {
            failure = String.valueOf(e.getMessage());
            return Optional.empty();
        }
    }

    private Map<String, String> unreadable() {
        var views = new HashMap<String, String>();
        unreadable.forEach((id, reason) -> views.putIfAbsent(id.view(), reason));
        return views;
    }
}
