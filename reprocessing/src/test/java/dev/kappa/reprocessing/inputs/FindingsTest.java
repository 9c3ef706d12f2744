package dev.kappa.reprocessing.inputs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.events.Reading;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.input.InputProblem;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FindingsTest {

    private static final Instant NOON = Instant.parse("2024-03-01T12:00:00Z");
    private static final Input<Reading> READINGS = Input.stream("readings", Reading.class);
    private static final int PARTITIONS = 4;

    private static SampledRecord record(int partition, byte @Nullable [] key, String field, Instant time) {
        return new SampledRecord(
                partition,
                key == null ? null : Bytes.wrap(key),
                NOON,
                false,
                Optional.of(field),
                Optional.of(time),
                Optional.empty());
    }

    private static List<SampledRecord> keys(ToIntFunction<byte[]> placement) {
        return IntStream.range(0, 10)
                .mapToObj(number -> {
                    byte[] key = ("sensor-" + number).getBytes(StandardCharsets.UTF_8);
                    return record(placement.applyAsInt(key), key, "sensor-" + number, NOON);
                })
                .toList();
    }

    private static int java(byte[] key) {
        return Utils.toPositive(Utils.murmur2(key)) % PARTITIONS;
    }

    private static int crc32(byte[] key) {
        var crc = new CRC32();
        crc.update(key);
        return (int) (crc.getValue() % PARTITIONS);
    }

    private static Findings of(Input<?> input, List<SampledRecord> sample) {
        return Findings.of(input, "sensor-averages", PARTITIONS, sample);
    }

    @Test
    void keysAsTheViewExpectsThemAreFine() {
        assertThat(of(READINGS, keys(FindingsTest::java)).isFine()).isTrue();
    }

    @Test
    void otherPartitionersAreNamedWithTheRemedy() {
        Findings findings = of(READINGS, keys(FindingsTest::crc32));
        assertThat(findings.problems()).containsOnlyKeys(InputProblem.MISPLACED_KEY);
        assertThat(findings.lines())
                .anySatisfy(line -> assertThat(line).contains("CRC32"))
                .contains("kappa replay start sensor-averages --set readings-key=field");
        assertThat(of(READINGS, keys(_ -> 0)).lines())
                .anySatisfy(line -> assertThat(line).contains("several kinds of producers"));
    }

    @Test
    void keyedByItsFieldAnInputMayHaveAnyKeys() {
        assertThat(of(READINGS.keyedByField(), keys(FindingsTest::crc32)).isFine())
                .isTrue();
    }

    @Test
    void keysThatAreNoTextAreCountedByKind() {
        byte[] number = ByteBuffer.allocate(8).putLong(200).array();
        Findings findings = of(
                READINGS,
                List.of(
                        record(0, number, "200", NOON),
                        record(0, null, "200", NOON),
                        record(0, "x".getBytes(StandardCharsets.UTF_8), "200", NOON)));
        assertThat(findings.problems())
                .containsOnlyKeys(InputProblem.KEY_NOT_TEXT, InputProblem.NO_KEY, InputProblem.OTHER_KEY);
        assertThat(findings.lines()).contains("1 keys look like numbers of 8 bytes.");
    }

    @Test
    void timesAheadOfTheLogAreCounted() {
        byte[] key = "a".getBytes(StandardCharsets.UTF_8);
        assertThat(of(READINGS, List.of(record(java(key), key, "a", NOON.plus(Duration.ofHours(2)))))
                        .lines())
                .contains("kappa replay start sensor-averages --set readings-max-ahead=P36500D");
    }
}
