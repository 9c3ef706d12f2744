package dev.kappa.topologies.kit;

import dev.kappa.topologies.Input;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * Makes input as nobody wants it: skewed partitions, bursts, gaps, duplicates, events out of order within grace and far
 * beyond, equal times, dates in the future, records without key or value, bytes that are no events.
 */
public final class HostileHistories {

    private static final Instant START = Instant.parse("2024-03-01T00:00:00Z");
    private static final Duration CENTURY = Duration.ofDays(36_500);

    private HostileHistories() {}

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

    /** A record to be made. */
    public record Draft(Kind kind, int key, int dice, int step) {}

    /**
     * Histories for a view.
     *
     * @param partitions of each topic
     * @param most longest history, in records
     */
    public static Arbitrary<History> of(ViewSpec spec, int partitions, int most) {
        Arbitrary<Kind> kinds = Arbitraries.frequency(
                Tuple.of(60, Kind.LATER),
                Tuple.of(8, Kind.SAME_TIME),
                Tuple.of(6, Kind.DUPLICATE),
                Tuple.of(14, Kind.EARLIER),
                Tuple.of(6, Kind.MUCH_EARLIER),
                Tuple.of(3, Kind.MUCH_LATER),
                Tuple.of(1, Kind.IN_THE_FUTURE),
                Tuple.of(1, Kind.WITHOUT_KEY),
                Tuple.of(1, Kind.WITHOUT_VALUE),
                Tuple.of(1, Kind.UNREADABLE));
        // Low keys come much more often, and so do the partitions they are in.
        Arbitrary<Integer> keys = Combinators.combine(
                        Arbitraries.integers().between(0, 9),
                        Arbitraries.integers().between(0, 9))
                .as((a, b) -> a * b / 10);
        return Combinators.combine(
                        kinds,
                        keys,
                        Arbitraries.integers().between(0, 999),
                        Arbitraries.integers().between(0, 100))
                .as(Draft::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(most)
                .map(drafts -> history(spec, partitions, drafts));
    }

    private static History history(ViewSpec spec, int partitions, List<Draft> drafts) {
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
            before = record(draft.kind(), sent, partition, written);
            records.add(before);
        }
        return new History(records);
    }

    private static InputRecord record(Kind kind, ViewSpec.Sent sent, int partition, Instant written) {
        Input<?> input = sent.input();
        boolean isStream = input.role() == Input.Role.STREAM;
        @Nullable SpecificRecord value = kind == Kind.WITHOUT_VALUE && isStream ? null : sent.value();
        return new InputRecord(
                input,
                partition,
                kind == Kind.WITHOUT_KEY ? null : sent.key(),
                value,
                kind == Kind.UNREADABLE,
                written);
    }

    /** The partition that Kafka's default partitioner chooses. */
    public static int partitionOf(String key, int partitions) {
        return Utils.toPositive(Utils.murmur2(Utils.utf8(key))) % partitions;
    }
}
