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
                FunctionCounter.builder("kappa.view.dropped", runner, VersionRunner::dropped)
                        .description(
                                "Records dropped by operators since the instance started: late beyond grace, or invalid")
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
