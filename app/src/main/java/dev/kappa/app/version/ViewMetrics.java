package dev.kappa.app.version;

import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.publish.Publisher;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.input.InputProblem;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.system.DiskSpaceMetrics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.kafka.streams.KafkaStreams;

/** Registers what an instance and its versions are measured by. */
public final class ViewMetrics {

    private static final Duration[] COMMIT_BUCKETS = IntStream.of(
                    10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000)
            .mapToObj(Duration::ofMillis)
            .toArray(Duration[]::new);

    private final MeterRegistry registry;

    public ViewMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    /**
     * Measures an instance for as long as there is one.
     *
     * @param catalog as the instance knows it
     * @param stateDir where it keeps local state
     */
    public void register(Supplier<Catalog> catalog, Path stateDir) {
        Gauge.builder("kappa.catalog.epoch", catalog, now -> now.get().epoch())
                .description("Epoch of the catalog that this instance has seen")
                .strongReference(true)
                .register(registry);
        Gauge.builder("kappa.catalog.breaks", catalog, now -> now.get().breaks().size())
                .description("Places where the chain of the audit trail is broken")
                .strongReference(true)
                .register(registry);
        Gauge.builder(
                        "kappa.catalog.replays",
                        catalog,
                        now -> now.get().versions().stream()
                                .filter(version -> version.phase() == Phase.REPLAYING)
                                .count())
                .description("Versions in the catalog that read history, on any instance")
                .strongReference(true)
                .register(registry);
        Gauge.builder("kappa.build.info", () -> 1)
                .description("Always 1; the tag version has the software version")
                .tag(
                        "version",
                        Optional.ofNullable(ViewMetrics.class.getPackage().getImplementationVersion())
                                .orElse("unknown"))
                .register(registry);
        new DiskSpaceMetrics(stateDir.toFile()).bindTo(registry);
    }

    /** Measures a publisher for as long as there is an instance. */
    public void register(Publisher publisher) {
        TimeGauge.builder(
                        "kappa.publish.behind",
                        publisher,
                        TimeUnit.MILLISECONDS,
                        of -> of.behind().toMillis())
                .description("Time since all results were published; close to 0 if another instance publishes")
                .tag("view", publisher.view())
                .register(registry);
    }

    /** A histogram of the commits of a version, from the request to what queries see. */
    private Timer commits(Tags tags) {
        return Timer.builder("kappa.view.commit")
                .description("Duration of commits of stream threads, until queries see the committed results")
                .serviceLevelObjectives(COMMIT_BUCKETS)
                .tags(tags)
                .register(registry);
    }

    /**
     * Measures a version until what is returned is closed: what Kappa knows of it, and the metrics of Kafka Streams, its clients and
     * RocksDB.
     */
    AutoCloseable register(VersionRunner runner, KafkaStreams streams) {
        Tags tags = Tags.of(
                "view", runner.version().id().view(),
                "version", String.valueOf(runner.version().id().number()));
        Timer commits = commits(tags);
        runner.onCommit(commits::record);
        var meters = new ArrayList<Meter>(List.of(
                commits,
                TimeGauge.builder(
                                "kappa.view.event.age",
                                runner,
                                TimeUnit.MILLISECONDS,
                                running -> running.freshness()
                                        .map(age -> (double) age.toMillis())
                                        .orElse(Double.NaN))
                        .description("Age of the newest event processed; NaN before the first")
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
                        .description("Input records processed since the instance started")
                        .tags(tags)
                        .register(registry),
                FunctionCounter.builder(
                                "kappa.view.restored",
                                runner,
                                of -> of.activity().restored())
                        .description("Records read from changelogs since the instance started, to restore stores and to"
                                + " update standbys")
                        .tags(tags)
                        .register(registry),
                FunctionCounter.builder(
                                "kappa.view.dropped",
                                runner,
                                running -> running.late().values().stream()
                                        .mapToLong(Long::longValue)
                                        .sum())
                        .description("Results dropped since the instance started because an event was late within"
                                + " its own partition")
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
                        .description("Largest difference in event time between input partitions that have more to read")
                        .tags(tags)
                        .register(registry),
                FunctionCounter.builder("kappa.view.dead.letters", runner, VersionRunner::deadLetters)
                        .description("Records sent to the dead letter topic since the instance started")
                        .tags(tags)
                        .register(registry),
                Gauge.builder("kappa.view.state", runner, of -> of.activity().stateBytes())
                        .description("Size of the local state on disk and in write buffers")
                        .baseUnit("bytes")
                        .tags(tags)
                        .register(registry),
                Gauge.builder(
                                "kappa.view.standbys.incomplete",
                                runner,
                                running -> running.incompleteCopies()
                                        .map(Integer::doubleValue)
                                        .orElse(Double.NaN))
                        .description("Store copies on this instance that are not known to be complete")
                        .tags(tags)
                        .register(registry),
                Gauge.builder("kappa.view.running", runner, running -> running.state() == VersionState.RUNNING ? 1 : 0)
                        .description("1 while the version runs here, 0 while it restores, rebalances or has failed")
                        .tags(tags)
                        .register(registry),
                Gauge.builder("kappa.view.failed", runner, running -> running.state() == VersionState.FAILED ? 1 : 0)
                        .description("1 when the version is FAILED here after repeated failures")
                        .tags(tags)
                        .register(registry),
                Gauge.builder("kappa.view.active", runner, running -> running.phase() == Phase.ACTIVE ? 1 : 0)
                        .description("1 when readers get the results of this version")
                        .tags(tags)
                        .register(registry),
                Gauge.builder("kappa.view.replaying", runner, running -> running.phase() == Phase.REPLAYING ? 1 : 0)
                        .description("1 while the version reads history")
                        .tags(tags)
                        .register(registry),
                FunctionCounter.builder("kappa.view.skipped", runner, VersionRunner::skipped)
                        .description("Records of other types that were skipped since the instance started")
                        .tags(tags)
                        .register(registry),
                FunctionCounter.builder("kappa.view.not.finite", runner, VersionRunner::notFinite)
                        .description("Events left out since the instance started because a number is NaN or infinite")
                        .tags(tags)
                        .register(registry)));
        for (Input<?> input : runner.version().definition().inputs()) {
            for (InputProblem problem : InputProblem.values()) {
                meters.add(FunctionCounter.builder(
                                "kappa.view.input.problems",
                                runner,
                                running -> running.inputProblems(input.topic(), problem))
                        .description("Input records with a problem of their input since the instance started")
                        .tags(tags.and("topic", input.topic(), "problem", problem.name()))
                        .register(registry));
            }
        }
        var ofStreams = new StreamsMeters(streams, tags, registry);
        return () -> {
            ofStreams.close();
            meters.forEach(registry::remove);
        };
    }
}
