package dev.kappa.app.version;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.app.config.HostAddress;
import java.nio.file.Path;
import org.apache.kafka.streams.errors.ProcessorStateException;
import org.apache.kafka.streams.errors.StreamsException;
import org.junit.jupiter.api.Test;

class DamagedStateTest {

    private static final Path DIRECTORY = Path.of("/data/state/kappa.trends.v1");

    @Test
    void taskOfTheStoreThatCannotBeOpenedIsFound() {
        var failure = new StreamsException(new ProcessorStateException(
                "Error opening store counts at location /data/state/kappa.trends.v1/1_3/rocksdb/counts"));
        assertThat(DamagedState.taskDirectory(failure, DIRECTORY)).contains(DIRECTORY.resolve("1_3"));
    }

    @Test
    void otherFailuresAndOtherDirectoriesAreLeftAlone() {
        assertThat(DamagedState.taskDirectory(new StreamsException("no broker"), DIRECTORY))
                .isEmpty();
        assertThat(DamagedState.taskDirectory(
                        new ProcessorStateException(
                                "Error opening store x at location /data/state/kappa.trends.v11/1_3/x"),
                        DIRECTORY))
                .isEmpty();
        assertThat(DamagedState.taskDirectory(
                        new ProcessorStateException("at /data/state/kappa.trends.v1/kafka-streams-process-metadata"),
                        DIRECTORY))
                .isEmpty();
    }

    @Test
    void hostsOfTheSixthVersionStandInBrackets() {
        assertThat(HostAddress.of("::1", 8080)).isEqualTo("[::1]:8080");
        assertThat(HostAddress.of("[::1]", 8080)).isEqualTo("[::1]:8080");
        assertThat(HostAddress.of("kappa-0.kappa", 8080)).isEqualTo("kappa-0.kappa:8080");
    }
}
