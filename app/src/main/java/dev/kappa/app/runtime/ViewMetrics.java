package dev.kappa.app.runtime;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Registers what a version is measured by. */
final class ViewMetrics {

    private final MeterRegistry registry;

    ViewMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    /** Measures a version until what is returned is closed. */
    AutoCloseable register(VersionRunner runner) {
        Tags tags = Tags.of(
                "view", runner.version().id().view(),
                "version", String.valueOf(runner.version().id().number()));
        List<Meter> meters = List.of(
                TimeGauge.builder(
                                "kappa.view.freshness",
                                runner,
                                TimeUnit.MILLISECONDS,
                                running -> running.freshness()
                                        .map(age -> (double) age.toMillis())
                                        .orElse(Double.NaN))
                        .description("Age of the newest event taken up; NaN before the first")
                        .tags(tags)
                        .register(registry),
                Gauge.builder(
                                "kappa.view.lag",
                                runner,
                                running -> running.lag().map(Long::doubleValue).orElse(Double.NaN))
                        .description("Records in the inputs that have not been read yet")
                        .baseUnit("records")
                        .tags(tags)
                        .register(registry),
                FunctionCounter.builder("kappa.view.records", runner, VersionRunner::records)
                        .description("Input records taken up since the instance started")
                        .tags(tags)
                        .register(registry),
                FunctionCounter.builder(
                                "kappa.view.dropped",
                                runner,
                                running -> running.late().values().stream()
                                        .mapToLong(Long::longValue)
                                        .sum())
                        .description("Results left out since the instance started because an event came too late,"
                                + " by the order of its own partition")
                        .tags(tags)
                        .register(registry),
                FunctionCounter.builder("kappa.view.lost", runner, VersionRunner::lost)
                        .description(
                                "Results lost since the instance started because partitions were read too far apart")
                        .tags(tags)
                        .register(registry),
                Gauge.builder(
                                "kappa.view.alignment.waiting",
                                runner,
                                running -> running.alignment()
                                        .map(alignment -> alignment.waiting().size())
                                        .orElse(0))
                        .description("Input partitions that wait for slower ones")
                        .tags(tags)
                        .register(registry),
                TimeGauge.builder(
                                "kappa.view.alignment.skew",
                                runner,
                                TimeUnit.MILLISECONDS,
                                running -> running.alignment()
                                        .map(alignment -> alignment.skew().toMillis())
                                        .orElse(0L))
                        .description("Event time between the input partitions furthest apart that have more to read")
                        .tags(tags)
                        .register(registry),
                FunctionCounter.builder("kappa.view.dead.letters", runner, VersionRunner::deadLetters)
                        .description("Records sent to the dead letter topic since the instance started")
                        .tags(tags)
                        .register(registry),
                Gauge.builder("kappa.view.state", runner, VersionRunner::stateBytes)
                        .description("Size of the local state on disk and in write buffers")
                        .baseUnit("bytes")
                        .tags(tags)
                        .register(registry),
                Gauge.builder(
                                "kappa.view.running",
                                runner,
                                running -> running.state() == VersionRunner.State.RUNNING ? 1 : 0)
                        .description("1 while the version runs here, 0 while it restores, rebalances or has failed")
                        .tags(tags)
                        .register(registry));
        return () -> meters.forEach(registry::remove);
    }
}
