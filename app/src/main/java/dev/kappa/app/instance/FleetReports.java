package dev.kappa.app.instance;

import dev.kappa.avro.SchemaRegistry;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.reprocessing.background.BackgroundLoop;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.fleet.Fleet;
import dev.kappa.reprocessing.fleet.ReportSignatures;
import dev.kappa.reprocessing.fleet.Reporter;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends a report of this instance every two seconds, and at once when it has changed, and reads those of the others. Thread-safe.
 */
public final class FleetReports implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(FleetReports.class);
    private static final Duration POLL = Duration.ofMillis(500);

    private final Reporter reporter;
    private final Fleet fleet;
    private final BackgroundLoop sending;
    private final BackgroundLoop listening;
    private volatile @Nullable Supplier<InstanceReport> report;
    private volatile Consumer<List<InstanceReport>> listener = _ -> {};
    private volatile List<InstanceReport> alive = List.of();

    FleetReports(KafkaSettings settings, ClusterNames names, SchemaRegistry registry, ReportSignatures signatures) {
        this.reporter = new Reporter(settings, names, registry, signatures);
        this.fleet = new Fleet(settings, names, registry, InstantSource.system(), signatures);
        this.sending = new BackgroundLoop(
                "kappa-reports",
                Reporter.EVERY,
                new BackgroundLoop.Messages(
                        "Report of this instance cannot be sent; trying again",
                        "Reports of this instance are sent again"),
                _ -> reporter.send(Objects.requireNonNull(report).get()));
        this.listening = new BackgroundLoop(
                "kappa-fleet",
                Duration.ZERO,
                new BackgroundLoop.Messages(
                        "Reports of other instances cannot be read; trying again",
                        "Reports of other instances are read again"),
                _ -> listen(),
                fleet::close);
    }

    /**
     * Begins.
     *
     * @param ofThisInstance makes a report
     * @param listener receives the reports of all instances that are alive, on a thread of its own
     */
    void start(Supplier<InstanceReport> ofThisInstance, Consumer<List<InstanceReport>> listener) {
        this.report = ofThisInstance;
        this.listener = listener;
        sending.start();
        listening.start();
    }

    List<BackgroundLoop> loops() {
        return List.of(sending, listening);
    }

    /** Something has changed that other instances should know now. */
    void now() {
        sending.wakeUp();
    }

    /** The same, if there are other instances. */
    void soon() {
        if (alive.size() > 1) {
            now();
        }
    }

    /** The instances that are alive, by their latest reports. */
    List<InstanceReport> alive() {
        return alive;
    }

    private void listen() {
        alive = fleet.poll(POLL);
        listener.accept(alive);
    }

    @Override
    public void close() {
        sending.close();
        listening.close();
        Supplier<InstanceReport> ofThisInstance = report;
        if (ofThisInstance != null) {
            try {
                reporter.send(InstanceReport.newBuilder(ofThisInstance.get())
                        .setStopped(true)
                        .setVersions(List.of())
                        .build());
            } catch (KafkaException e) {
                log.debug("The last report was not sent: failure=\"{}\"", e.toString());
            }
        }
        reporter.close();
    }
}
