package dev.kappa.app.runtime;

import dev.kappa.catalog.InstanceReport;
import dev.kappa.reprocessing.catalog.ClusterNames;
import dev.kappa.reprocessing.catalog.KafkaSettings;
import dev.kappa.reprocessing.fleet.Fleet;
import dev.kappa.reprocessing.fleet.Reporter;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says how this instance is, every two seconds and at once when asked to, and hears the others. Thread-safe. */
final class FleetReports implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(FleetReports.class);

    /** However much there is to say. */
    private static final Duration LEAST_APART = Duration.ofMillis(50);

    private final Reporter reporter;
    private volatile @Nullable Supplier<InstanceReport> report;
    private volatile Consumer<List<InstanceReport>> heard = _ -> {};
    private final Fleet fleet;
    private final Thread sender = Thread.ofPlatform().name("kappa-reports").unstarted(this::send);
    private final Thread listener = Thread.ofPlatform().name("kappa-fleet").unstarted(this::listen);
    private final Object signal = new Object();
    private boolean due;
    private volatile boolean closing;
    private volatile List<InstanceReport> alive = List.of();

    FleetReports(KafkaSettings settings, ClusterNames names, dev.kappa.avro.SchemaRegistry registry) {
        this.reporter = new Reporter(settings, names, registry);
        this.fleet = new Fleet(settings, names, registry, InstantSource.system());
    }

    /** Begins, with what makes a report and what hears the others'. */
    void start(Supplier<InstanceReport> howThisIs, Consumer<List<InstanceReport>> heardBy) {
        this.report = howThisIs;
        this.heard = heardBy;
        sender.start();
        listener.start();
    }

    /** Something has changed that the others should know now. */
    void now() {
        synchronized (signal) {
            due = true;
            signal.notifyAll();
        }
    }

    /** Something has changed that the others, if there are any, should know soon. */
    void soon() {
        if (alive.size() > 1) {
            now();
        }
    }

    /** The instances that are alive, as last heard. */
    List<InstanceReport> alive() {
        return alive;
    }

    private void send() {
        boolean failing = false;
        while (!closing) {
            try {
                reporter.send(Objects.requireNonNull(report).get());
                failing = false;
            } catch (InterruptException stopping) {
                return;
            } catch (KafkaException e) {
                if (!failing) {
                    log.warn("This instance cannot say how it is; trying again: failure=\"{}\"", e.toString());
                }
                failing = true;
            }
            try {
                Thread.sleep(LEAST_APART);
                synchronized (signal) {
                    if (!due) {
                        signal.wait(Reporter.EVERY.toMillis());
                    }
                    due = false;
                }
            } catch (InterruptedException stopping) {
                return;
            }
        }
    }

    private void listen() {
        while (!closing) {
            try {
                alive = fleet.poll(Duration.ofMillis(500));
                heard.accept(alive);
            } catch (InterruptException stopping) {
                break;
            } catch (KafkaException e) {
                // The next poll tries again; until then the last word counts.
                log.debug("Other instances are not heard: failure=\"{}\"", e.toString());
            }
        }
        fleet.close();
    }

    @Override
    public void close() {
        closing = true;
        Threads.stop(sender);
        Threads.stop(listener);
        Supplier<InstanceReport> howThisIs = report;
        if (howThisIs != null) {
            try {
                reporter.send(InstanceReport.newBuilder(howThisIs.get())
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
