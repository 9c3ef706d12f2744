package dev.kappa.reprocessing.diff;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.kappa.avro.SchemaRegistry;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.cluster.PartitionScan;
import dev.kappa.reprocessing.reader.ResultJson;
import dev.kappa.reprocessing.replay.Progress;
import dev.kappa.reprocessing.replay.Replays;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.avro.Schema;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;

/**
 * Compares two versions of a view by what is in their output topics, as of a common event time. Partition by partition
 * where both topics have as many, with a table on disk, so that memory does not grow with the topics. Thread-safe.
 */
public final class OutputDiff {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final JsonNode NOTHING = JsonNodeFactory.instance.nullNode();

    /** While results move, the newest are left out: one version may have them a moment before the other. */
    private static final Duration MARGIN = Duration.ofSeconds(10);

    private static final Duration STALLED = Duration.ofSeconds(30);

    /**
     * How to compare.
     *
     * @param cut event time as of which to compare; absent: found out
     * @param samples how many keys of each kind are shown
     * @param key only keys with this text in their JSON are shown; absent: any
     * @param tolerances how far numbers may be apart, by field
     */
    public record Options(
            Optional<Instant> cut, int samples, Optional<String> key, Map<String, BigDecimal> tolerances) {}

    /** Told how far the reading has come. */
    @FunctionalInterface
    public interface Reading {
        /** Records read, of so many. */
        void read(long records, long all);
    }

    private final KafkaSettings settings;
    private final ClusterNames names;
    private final Replays replays;
    private final ResultJson json;
    private final Supplier<KeyTable.Space> space;

    /**
     * With a cluster and a registry, which are the caller's to close.
     *
     * @param space where the results are kept while they are compared, and how much of them; asked for before each part
     */
    public OutputDiff(
            KafkaSettings settings,
            ClusterNames names,
            SchemaRegistry registry,
            Replays replays,
            Supplier<KeyTable.Space> space) {
        this.space = space;
        this.settings = settings;
        this.names = names;
        this.replays = replays;
        this.json = new ResultJson(settings, registry);
    }

    /**
     * Compares two versions.
     *
     * @throws org.apache.kafka.common.KafkaException when the cluster does not answer
     * @throws SerializationException when a result cannot be read
     * @throws dev.kappa.reprocessing.cluster.RefusedException when the results need more disk than a comparison may use
     */
    public DiffReport compare(ViewVersion before, ViewVersion after, Options options, Reading reading) {
        var notes = new ArrayList<String>();
        for (ViewVersion version : List.of(before, after)) {
            if (version.phase() == Phase.REPLAYING) {
                notes.add(version.id() + " is still replaying; many results will be missing");
            } else if (!version.phase().isRun()) {
                notes.add(version.id() + " is " + version.phase() + " and no longer reads its inputs");
            }
        }
        try (Consumer<byte[], byte[]> consumer = settings.scanner("kappa-diff")) {
            Map<TopicPartition, Long> inputsBefore = inputEnds(before, after);
            boolean quiet = options.cut().isEmpty() && isDrained(before) && isDrained(after);
            Map<KeyTable.Side, List<TopicPartition>> partitions = new EnumMap<>(KeyTable.Side.class);
            partitions.put(KeyTable.Side.OLD, partitions(consumer, names.outputTopic(before.id())));
            partitions.put(KeyTable.Side.NEW, partitions(consumer, names.outputTopic(after.id())));
            Map<TopicPartition, Long> ends = new HashMap<>();
            partitions.values().forEach(side -> ends.putAll(consumer.endOffsets(side)));
            quiet = quiet && inputEnds(before, after).equals(inputsBefore);
            Optional<Instant> cut = quiet
                    ? Optional.empty()
                    : options.cut()
                            .or(() -> Optional.of(commonTime(before, after).minus(MARGIN)));

            var tally = new Tally(before, after, cut, options);
            var counter = new Counter(reading, ends, consumer);
            for (Map<KeyTable.Side, List<TopicPartition>> part : parts(partitions)) {
                try (var table = new KeyTable(space.get())) {
                    part.forEach((side, some) -> fill(table, side, consumer, some, ends, tally, counter));
                    table.visit(tally::take);
                }
            }
            return tally.report(notes);
        }
    }

    /** With as many partitions in both topics, a key is in the same partition of both. */
    private static List<Map<KeyTable.Side, List<TopicPartition>>> parts(
            Map<KeyTable.Side, List<TopicPartition>> partitions) {
        List<TopicPartition> before = partitions.getOrDefault(KeyTable.Side.OLD, List.of());
        List<TopicPartition> after = partitions.getOrDefault(KeyTable.Side.NEW, List.of());
        if (before.size() != after.size()) {
            return List.of(partitions);
        }
        var parts = new ArrayList<Map<KeyTable.Side, List<TopicPartition>>>();
        for (int i = 0; i < before.size(); i++) {
            parts.add(Map.of(
                    KeyTable.Side.OLD, List.of(before.get(i)),
                    KeyTable.Side.NEW, List.of(after.get(i))));
        }
        return parts;
    }

    /** Whether everything that is in the inputs is in the output. */
    private boolean isDrained(ViewVersion version) {
        if (!version.phase().isRun()) {
            return true;
        }
        // The end of a transaction takes an offset; behind a repartition topic's last record it may not be read yet.
        return replays.progress(version, List.of()).partitions().stream()
                .allMatch(partition -> partition.lag() <= (partition.input() ? 0 : 1));
    }

    private Map<TopicPartition, Long> inputEnds(ViewVersion... versions) {
        var ends = new HashMap<TopicPartition, Long>();
        for (ViewVersion version : versions) {
            replays.progress(version, List.of()).partitions().stream()
                    .filter(Progress.Position::input)
                    .forEach(partition -> ends.put(partition.partition(), partition.end()));
        }
        return ends;
    }

    private Instant commonTime(ViewVersion... versions) {
        return Arrays.stream(versions)
                .map(version -> replays.newestResult(version.id()))
                .min(Instant::compareTo)
                .orElseThrow();
    }

    private static List<TopicPartition> partitions(Consumer<byte[], byte[]> consumer, String topic) {
        return consumer.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .sorted((a, b) -> Integer.compare(a.partition(), b.partition()))
                .toList();
    }

    private void fill(
            KeyTable table,
            KeyTable.Side side,
            Consumer<byte[], byte[]> consumer,
            List<TopicPartition> partitions,
            Map<TopicPartition, Long> ends,
            Tally tally,
            Counter counter) {
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        Schema keySchema = tally.keySchema(side);
        Map<TopicPartition, Long> endsHere = new HashMap<>(ends);
        endsHere.keySet().retainAll(partitions);
        new PartitionScan(consumer, endsHere, STALLED).forEach(result -> {
            counter.count();
            String key = key(keySchema, result);
            if (tally.isAfterCut(result.timestamp())) {
                table.putLater(side, key);
            } else {
                table.put(side, key, result.timestamp(), result.value());
            }
        });
    }

    private String key(Schema schema, ConsumerRecord<byte[], byte[]> result) {
        byte[] bytes = Objects.requireNonNull(result.key(), "A result has a key");
        return json.key(schema, result.topic(), bytes).toString();
    }

    /** Counts what is read, for a progress bar. */
    private static final class Counter {
        private final Reading reading;
        private final long all;
        private long read;

        Counter(Reading reading, Map<TopicPartition, Long> ends, Consumer<byte[], byte[]> consumer) {
            this.reading = reading;
            Map<TopicPartition, Long> begins = consumer.beginningOffsets(ends.keySet());
            this.all = ends.entrySet().stream()
                    .mapToLong(end -> end.getValue() - begins.getOrDefault(end.getKey(), 0L))
                    .sum();
        }

        void count() {
            read++;
            reading.read(Math.min(read, all), all);
        }
    }

    /** Adds up what the visits of keys find. */
    private final class Tally {
        private final ViewVersion before;
        private final ViewVersion after;
        private final Optional<Instant> cut;
        private final Options options;
        private final Differences differences;
        private final Optional<Instant> completeFrom;
        private final Map<String, Long> fields = new TreeMap<>();
        private final Magnitudes magnitudes = new Magnitudes();
        private final Map<DiffReport.Kind, List<DiffReport.Sample>> samples = new EnumMap<>(DiffReport.Kind.class);
        private final Map<DiffReport.Kind, Long> counts = new EnumMap<>(DiffReport.Kind.class);
        private long equal;
        private long changedAfterCut;
        private long incomplete;

        Tally(ViewVersion before, ViewVersion after, Optional<Instant> cut, Options options) {
            this.before = before;
            this.after = after;
            this.cut = cut;
            this.options = options;
            this.differences = new Differences(options.tolerances());
            this.completeFrom = Arrays.asList(before, after).stream()
                    .flatMap(version -> version.origin().stream())
                    .flatMap(origin -> origin.completeFrom().stream())
                    .max(Instant::compareTo);
        }

        Schema keySchema(KeyTable.Side side) {
            ViewVersion version = side == KeyTable.Side.OLD ? before : after;
            return new Schema.Parser().parse(version.blueprint().outputKeySchema());
        }

        boolean isAfterCut(long timestamp) {
            return cut.filter(time -> timestamp > time.toEpochMilli()).isPresent();
        }

        void take(String key, KeyTable.Held old, KeyTable.Held now) {
            if (old instanceof KeyTable.Held.OnlyLater || now instanceof KeyTable.Held.OnlyLater) {
                changedAfterCut++;
                return;
            }
            if (isIncomplete(old) || isIncomplete(now)) {
                incomplete++;
                return;
            }
            switch (old) {
                case KeyTable.Held.Value was when now instanceof KeyTable.Held.Value is -> compare(key, was, is);
                case KeyTable.Held.Value was -> sample(DiffReport.Kind.ONLY_OLD, key, value(before, was), NOTHING);
                default -> {
                    if (now instanceof KeyTable.Held.Value is) {
                        sample(DiffReport.Kind.ONLY_NEW, key, NOTHING, value(after, is));
                    }
                }
            }
        }

        private boolean isIncomplete(KeyTable.Held held) {
            return held instanceof KeyTable.Held.Value value
                    && completeFrom
                            .filter(time -> value.timestamp() < time.toEpochMilli())
                            .isPresent();
        }

        private void compare(String key, KeyTable.Held.Value was, KeyTable.Held.Value is) {
            if (was.bytes().equals(is.bytes())) {
                equal++;
                return;
            }
            JsonNode old = value(before, was);
            JsonNode now = value(after, is);
            Set<String> different = differences.between(old, now);
            if (different.isEmpty()) {
                equal++;
                return;
            }
            if (was.timestamp() != is.timestamp() && (was.isFollowed() || is.isFollowed())) {
                // A version writes a few updates of a busy key as one: the other may show the state in between.
                changedAfterCut++;
                return;
            }
            for (String field : different) {
                fields.merge(field, 1L, Long::sum);
                magnitudes.add(field, in(field, old), in(field, now));
            }
            sample(DiffReport.Kind.CHANGED, key, old, now);
        }

        private static JsonNode in(String field, JsonNode value) {
            return field.equals(Differences.WHOLE) ? value : value.at("/" + field.replace('.', '/'));
        }

        private JsonNode value(ViewVersion version, KeyTable.Held.Value held) {
            return json.value(names.outputTopic(version.id()), held.bytes().get());
        }

        private void sample(DiffReport.Kind kind, String key, JsonNode old, JsonNode now) {
            counts.merge(kind, 1L, Long::sum);
            List<DiffReport.Sample> some = samples.computeIfAbsent(kind, _ -> new ArrayList<>());
            if (some.size() < options.samples()
                    && options.key().filter(text -> !key.contains(text)).isEmpty()) {
                try {
                    some.add(new DiffReport.Sample(kind, JSON.readTree(key), old, now));
                } catch (JsonProcessingException e) {
                    throw new IllegalStateException("Keys are written as JSON; this one is not: " + key, e);
                }
            }
        }

        private long count(DiffReport.Kind kind) {
            return counts.getOrDefault(kind, 0L);
        }

        DiffReport report(List<String> notes) {
            return new DiffReport(
                    before.id(),
                    after.id(),
                    cut,
                    equal,
                    count(DiffReport.Kind.CHANGED),
                    count(DiffReport.Kind.ONLY_OLD),
                    count(DiffReport.Kind.ONLY_NEW),
                    changedAfterCut,
                    incomplete,
                    new TreeMap<>(fields),
                    magnitudes.counts(),
                    samples.values().stream().flatMap(List::stream).toList(),
                    notes);
        }
    }
}
