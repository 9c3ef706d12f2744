package dev.kappa.topologies.kit;

import dev.kappa.topologies.Input;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * Makes input as nobody wants it: skewed partitions, bursts, gaps, duplicates, events out of order within grace and far
 * beyond, equal times, dates in the future, records without key or value, bytes that are no events, and producers that go over
 * to a newer schema half way.
 */
public final class Drafts {

    private static final Instant START = Instant.parse("2024-03-01T00:00:00Z");
    private static final Duration CENTURY = Duration.ofDays(36_500);

    private Drafts() {}

    /** How a record relates to the one before it in its partition. */
    public enum Kind {
        LATER,
        SAME_TIME,
        DUPLICATE,
        EARLIER,
        MUCH_EARLIER,
        MUCH_LATER,
        IN_THE_FUTURE,
        WITHOUT_KEY,
        WITHOUT_VALUE,
        UNREADABLE
    }

    /** How often each occurs, of about a hundred. */
    static final Map<Kind, Integer> FREQUENCIES = new EnumMap<>(Map.of(
            Kind.LATER, 60,
            Kind.SAME_TIME, 8,
            Kind.DUPLICATE, 6,
            Kind.EARLIER, 14,
            Kind.MUCH_EARLIER, 6,
            Kind.MUCH_LATER, 3,
            Kind.IN_THE_FUTURE, 1,
            Kind.WITHOUT_KEY, 1,
            Kind.WITHOUT_VALUE, 1,
            Kind.UNREADABLE, 1));

    /** A record to be made. */
    public record Draft(Kind kind, int key, int dice, int step) {}

    /** One long history, the same for the same seed, for where shrinking it would take too long. */
    public static History random(ViewSpec spec, int partitions, int count, long seed) {
        var random = new Random(seed);
        var drafts = new ArrayList<Draft>();
        for (int i = 0; i < count; i++) {
            int key = random.nextInt(10) * random.nextInt(10) / 10;
            drafts.add(new Draft(kind(random.nextInt(101)), key, random.nextInt(1_000), random.nextInt(101)));
        }
        return history(spec, partitions, drafts);
    }

    /** A history of such for several views; views that read the same topic get each other's events too. */
    public static History random(List<ViewSpec> specs, int partitions, int countOfEach, long seed) {
        var records = new ArrayList<InputRecord>();
        specs.forEach(spec ->
                records.addAll(random(spec, partitions, countOfEach, seed).records()));
        // One after the other, they would find each other's events late.
        records.sort(Comparator.comparing(InputRecord::writtenAt));
        return new History(records);
    }

    private static Kind kind(int percent) {
        int left = percent;
        for (var share : FREQUENCIES.entrySet()) {
            left -= share.getValue();
            if (left < 0) {
                return share.getKey();
            }
        }
        return Kind.LATER;
    }

    static History history(ViewSpec spec, int partitions, List<Draft> drafts) {
        long open = spec.open().toMillis();
        var clocks = new HashMap<Integer, Long>();
        var records = new ArrayList<InputRecord>();
        InputRecord before = null;
        for (Draft draft : drafts) {
            if (draft.kind() == Kind.DUPLICATE && before != null) {
                records.add(before);
                continue;
            }
            String probe = spec.event(draft.key(), draft.dice(), START).key();
            int partition = partitionOf(probe, partitions);
            long clock = clocks.getOrDefault(partition, START.toEpochMilli());
            long at = switch (draft.kind()) {
                case SAME_TIME, DUPLICATE -> clock;
                case EARLIER -> clock - open * draft.step() / 150;
                case MUCH_EARLIER -> clock - open - open * draft.step() / 50;
                case MUCH_LATER -> clock + open * draft.step() / 10;
                default -> clock + open * draft.step() / 1_000;
            };
            clocks.put(partition, Math.max(clock, at));
            Instant written = Instant.ofEpochMilli(Math.max(clock, at) + draft.step());
            Instant dated = draft.kind() == Kind.IN_THE_FUTURE ? written.plus(CENTURY) : Instant.ofEpochMilli(at);
            ViewSpec.Sent sent = spec.event(draft.key(), draft.dice(), dated);
            before = record(draft.kind(), sent, partition, written, records.size() >= drafts.size() / 2);
            records.add(before);
        }
        return new History(records);
    }

    private static InputRecord record(
            Kind kind, ViewSpec.Sent sent, int partition, Instant written, boolean fromNewer) {
        Input<?> input = sent.input();
        boolean isStream = input.role() == Input.Role.STREAM;
        @Nullable SpecificRecord value = kind == Kind.WITHOUT_VALUE && isStream ? null : sent.value();
        // A table's topic is compacted, and the broker takes no record without a key into such a one.
        boolean keyless = kind == Kind.WITHOUT_KEY && isStream;
        InputRecord.Form form = kind == Kind.UNREADABLE
                ? InputRecord.Form.UNREADABLE
                : fromNewer ? InputRecord.Form.NEWER : InputRecord.Form.KNOWN;
        return new InputRecord(input, partition, keyless ? null : sent.key(), value, form, written);
    }

    /** The partition that Kafka's default partitioner chooses. */
    public static int partitionOf(String key, int partitions) {
        return Utils.toPositive(Utils.murmur2(Utils.utf8(key))) % partitions;
    }
}
