package dev.kappa.app.instance;

import dev.kappa.app.config.ConfigurationException;
import dev.kappa.avro.SchemaRegistry;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.fleet.Fleet;
import dev.kappa.reprocessing.fleet.ReportSignatures;
import dev.kappa.reprocessing.fleet.Reporter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Finds out whether the state directory is a copy of another instance's. Both would have the same identity, and fence each other
 * out of every version.
 */
final class StateDirectoryCopies {

    private static final Duration POLL = Duration.ofSeconds(1);

    private final String id;
    private final String advertised;
    private final Path stateDir;
    private final ReportSignatures signatures;
    private final long createdAt = System.nanoTime();

    StateDirectoryCopies(String id, String advertised, Path stateDir, ReportSignatures signatures) {
        this.signatures = signatures;
        this.id = id;
        this.advertised = advertised;
        this.stateDir = stateDir;
    }

    /**
     * Returns when no other instance reports the identity in the state directory. One that ended without a word reports it for a
     * while.
     *
     * @param waitsFor told in words what is waited for
     * @throws ConfigurationException when another instance continues to report it
     */
    void requireNone(KafkaSettings kafka, ClusterNames names, SchemaRegistry registry, Consumer<String> waitsFor) {
        long begun = System.nanoTime();
        try (var fleet = new Fleet(kafka, names, registry, InstantSource.system(), signatures)) {
            List<InstanceReport> alive = fleet.alive();
            while (true) {
                Optional<InstanceReport> twin = alive.stream()
                        .filter(report -> report.getInstance().equals(id)
                                && !report.getAdvertised().equals(advertised))
                        .findFirst();
                if (twin.isEmpty()) {
                    return;
                }
                if (System.nanoTime() - begun
                        > Fleet.SILENCE.plus(Reporter.EVERY).toNanos()) {
                    throw copied(twin.get());
                }
                waitsFor.accept("the last report of the instance at "
                        + twin.get().getAdvertised() + " to expire; it has the identity of this state directory");
                alive = fleet.poll(POLL);
            }
        }
    }

    /**
     * Of two instances that started on copies of one state directory at the same time, one has to end.
     *
     * @param alive the latest reports
     * @return why this instance has to end; empty when it has not
     */
    Optional<ConfigurationException> twin(List<InstanceReport> alive) {
        if (System.nanoTime() - createdAt <= Fleet.SILENCE.toNanos()) {
            // A report of an earlier run of this instance may still be among them.
            return Optional.empty();
        }
        return alive.stream()
                .filter(report -> report.getInstance().equals(id)
                        && report.getAdvertised().compareTo(advertised) > 0)
                .findFirst()
                .map(this::copied);
    }

    private ConfigurationException copied(InstanceReport twin) {
        return new ConfigurationException("The state directory " + stateDir.toAbsolutePath()
                + " is a copy of the one that the running instance at " + twin.getAdvertised()
                + " uses. Give this instance its own directory with --state-dir, or delete this one: its state"
                + " is restored from the cluster.");
    }
}
