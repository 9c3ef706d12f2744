package dev.kappa.reprocessing.inputs;

import dev.kappa.topologies.Input;
import dev.kappa.topologies.InputSettings.Keying;
import dev.kappa.topologies.input.InputProblem;
import dev.kappa.topologies.input.KeyBytes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Conclusions from a sample of an input's records about how its producers write them.
 *
 * @param topic the input
 * @param sampled records that were looked at
 * @param problems of the input as the view reads it now, and how many records show each
 * @param lines what was found, for people
 */
public record Findings(String topic, int sampled, Map<InputProblem, Integer> problems, List<String> lines) {

    private static final int LONG_BYTES = 8;
    private static final int FRAMED_BYTES = 5;

    public Findings {
        problems = Map.copyOf(problems);
        lines = List.copyOf(lines);
    }

    /** Whether the view reads what was sampled as it is. */
    public boolean isFine() {
        return lines.isEmpty();
    }

    /**
     * Decides what a sample says. Pure.
     *
     * @param input as the version reads it
     * @param view names the view, for the remedy
     * @param partitions of the topic
     */
    static Findings of(Input<?> input, String view, int partitions, List<SampledRecord> sample) {
        var problems = new EnumMap<InputProblem, Integer>(InputProblem.class);
        int byCrc32 = 0;
        int misplaced = 0;
        int placed = 0;
        int longs = 0;
        int framed = 0;
        int unreadable = 0;
        Optional<String> reason = Optional.empty();
        for (SampledRecord record : sample) {
            if (record.unreadable().isPresent()) {
                unreadable++;
                reason = reason.or(record::unreadable);
            }
            if (isAhead(record, input.settings().maxAhead())) {
                problems.merge(InputProblem.AHEAD_OF_LOG, 1, Integer::sum);
            }
            byte @Nullable [] key = record.key() == null ? null : record.key().get();
            if (input.settings().keying() != Keying.RECORD) {
                continue;
            }
            if (key == null) {
                problems.merge(InputProblem.NO_KEY, 1, Integer::sum);
                continue;
            }
            longs += key.length == LONG_BYTES && key[0] == 0 ? 1 : 0;
            framed += key.length > FRAMED_BYTES && key[0] == 0 ? 1 : 0;
            Optional<String> text = KeyBytes.text(key);
            if (text.isEmpty()) {
                problems.merge(InputProblem.KEY_NOT_TEXT, 1, Integer::sum);
                continue;
            }
            if (record.fieldKey().isPresent() && !record.fieldKey().equals(text)) {
                problems.merge(InputProblem.OTHER_KEY, 1, Integer::sum);
                continue;
            }
            placed++;
            if (KeyBytes.partition(key, partitions) != record.partition()) {
                misplaced++;
                problems.merge(InputProblem.MISPLACED_KEY, 1, Integer::sum);
            }
            byCrc32 += crc32(key) % partitions == record.partition() ? 1 : 0;
        }
        var lines = new ArrayList<String>();
        for (Map.Entry<InputProblem, Integer> problem : problems.entrySet()) {
            lines.add(problem.getValue() + " of " + sample.size() + ": "
                    + problem.getKey().text());
        }
        if (misplaced > 0 && byCrc32 == placed) {
            lines.add("The keys are placed by CRC32, which is the default of librdkafka (Python, Go, .NET, kcat).");
        } else if (misplaced > 0) {
            lines.add(
                    "Some keys are placed as Java's clients do and some are not: several kinds of producers write here, or"
                            + " partitions were added. The same key may be on two partitions.");
        }
        if (problems.containsKey(InputProblem.KEY_NOT_TEXT) || problems.containsKey(InputProblem.OTHER_KEY)) {
            if (longs > 0) {
                lines.add(longs + " keys look like numbers of 8 bytes.");
            }
            if (framed > 0 && framed > longs) {
                lines.add(framed + " keys look like Avro in Confluent's wire format.");
            }
        }
        if (unreadable > 0) {
            lines.add(unreadable + " of " + sample.size()
                    + " cannot be read and would go to the dead letters; the first: " + reason.orElse(""));
        }
        problems.keySet().stream()
                .map(problem -> problem.remedy(view, input.topic()))
                .distinct()
                .forEach(lines::add);
        return new Findings(input.topic(), sample.size(), problems, lines);
    }

    private static boolean isAhead(SampledRecord record, Duration bound) {
        Optional<Instant> time = record.eventTime();
        return time.isPresent()
                && Duration.between(record.loggedAt(), time.get()).compareTo(bound) > 0;
    }

    private static long crc32(byte[] key) {
        var crc = new CRC32();
        crc.update(key);
        return crc.getValue();
    }
}
