package dev.kappa.benchmarks;

import java.time.Duration;

/**
 * One run.
 *
 * @param events how many events were replayed
 * @param took from the start of the process until the last result was committed
 * @param first from the start of the process until the first result was committed
 * @param usage what the process has used
 * @param outputs records written to the output, as the reader saw them
 * @param right whether the results were exactly those expected
 */
record Measured(long events, Duration took, Duration first, ProcessUsage usage, long outputs, boolean right) {

    /** Thousands of events per second. */
    double rate() {
        return events / (took.toNanos() / 1e6);
    }

    @Override
    public String toString() {
        return "%6.0f k/s  %5.1f s (first %4.1f)  CPU %5.1f s  peak %,5d MB  outputs %,d%s"
                .formatted(
                        rate(),
                        took.toMillis() / 1e3,
                        first.toMillis() / 1e3,
                        usage.cpu().toMillis() / 1e3,
                        usage.peakBytes() >> 20,
                        outputs,
                        right ? "" : "  WRONG");
    }
}
