package dev.kappa.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Replays beside plain Kafka Streams, in a few minutes. Asserts that results are right; how fast is in the history. */
class ShortReplayIT {

    @Test
    void resultsAreRight() {
        String report = System.getProperty("kappa.benchmark.report", "target/report");
        int status = Benchmarks.commandLine()
                .execute("replay", "--events", "1000000", "--contenders", "KAPPA_REPLAY,STREAMS", "--report", report);
        assertThat(status).isZero();
    }

    @Test
    void wrongArgumentsAreUsage() {
        assertThat(Benchmarks.commandLine().execute("replay", "--contenders", "NOBODY"))
                .isEqualTo(CommandLine.ExitCode.USAGE);
    }
}
