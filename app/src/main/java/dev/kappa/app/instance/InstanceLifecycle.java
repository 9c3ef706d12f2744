package dev.kappa.app.instance;

import dev.kappa.app.config.ConfigurationException;
import dev.kappa.app.config.HostAddress;
import dev.kappa.app.config.KappaConfig;
import dev.kappa.app.config.NotAvailableException;
import dev.kappa.app.query.PartitionClient;
import dev.kappa.app.version.VersionSupervisor;
import dev.kappa.reprocessing.background.BackgroundLoop;
import dev.kappa.reprocessing.catalog.Definitions;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.fleet.ReportSignatures;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.event.ApplicationEventListener;
import io.micronaut.runtime.server.event.ServerStartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDB;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts and stops this instance, and knows which {@link InstanceState} it is in. {@link InstanceAssembly} does what a start
 * consists of, on a thread of its own: the HTTP server is up before it, and tells what the start waits for.
 *
 * <p>Thread-safe.
 */
@Singleton
public final class InstanceLifecycle implements ApplicationEventListener<ServerStartupEvent>, CurrentInstance {

    private static final Logger log = LoggerFactory.getLogger(InstanceLifecycle.class);

    private static final Duration HAND_OVER_CHECK_INTERVAL = Duration.ofMillis(200);

    private final KappaConfig config;
    private final InstanceAssembly assembly;
    private final ResourceStack resources = new ResourceStack();
    private final CompletableFuture<String> advertised = new CompletableFuture<>();
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private volatile InstanceState state = new InstanceState.Starting("its own start");
    private @Nullable Thread starter;
    private boolean isStopping;

    InstanceLifecycle(
            KappaConfig config,
            ClusterNames names,
            Definitions definitions,
            MeterRegistry meters,
            PartitionClient partitionClient,
            ReportSignatures signatures) {
        this.config = config;
        this.assembly = new InstanceAssembly(config, names, definitions, meters, partitionClient, signatures);
    }

    /** The state the instance is in now. */
    public InstanceState state() {
        return state;
    }

    @Override
    public RunningInstance get() {
        return switch (state) {
            case InstanceState.Starting starting ->
                throw new NotAvailableException("This instance is starting and waits for " + starting.waitingFor());
            case InstanceState.Running running -> running.instance();
            case InstanceState.Leaving leaving -> leaving.instance();
            case InstanceState.Stopped _ -> throw new NotAvailableException("This instance has stopped");
            case InstanceState.Failed failed ->
                throw new NotAvailableException(
                        "This instance has failed: " + failed.reason().getMessage());
        };
    }

    /** Completes when the instance has stopped; with the reason when it has failed. */
    public CompletableFuture<Void> end() {
        return end.copy();
    }

    /** How the background work of the instance is doing; empty until it has started. */
    public List<BackgroundLoop.Status> backgroundWork() {
        return switch (state) {
            case InstanceState.Running running -> statuses(running.instance());
            case InstanceState.Leaving leaving -> statuses(leaving.instance());
            case InstanceState.Starting _, InstanceState.Stopped _, InstanceState.Failed _ -> List.of();
        };
    }

    private static List<BackgroundLoop.Status> statuses(RunningInstance instance) {
        return instance.loops().stream().map(BackgroundLoop::status).toList();
    }

    /** Begins the start, while the HTTP server is still to come. Called once. */
    public void connect() {
        starter = Thread.ofPlatform().name("kappa-start").start(this::start);
        // Takes as long as connecting does.
        Thread.ofPlatform().daemon().name("kappa-load").start(RocksDB::loadLibrary);
    }

    @Override
    public void onApplicationEvent(ServerStartupEvent event) {
        String listening =
                HostAddress.of(event.getSource().getHost(), event.getSource().getPort());
        String address = config.advertised().orElse(listening);
        log.info(
                "HTTP server is up: address={}://{} advertised={} pool={}",
                config.tls().isPresent() ? "https" : "http",
                listening,
                address,
                config.pool().name());
        advertised.complete(address);
    }

    private void start() {
        try {
            RunningInstance instance = assembly.assemble(new Startup(), advertised, resources);
            transition(now -> now instanceof InstanceState.Starting starting ? starting.started(instance) : now);
        } catch (InterruptedException | InterruptException stopRequested) {
            Thread.currentThread().interrupt();
        } catch (ConfigException e) {
            fail(new ConfigurationException("Setting under kappa.kafka: " + e.getMessage()));
        } catch (Throwable e) {
            // Errors as well, such as a class that is missing: the instance would never become ready.
            fail(e);
        }
    }

    /** The side of the life cycle that the assembly sees. */
    private final class Startup implements InstanceAssembly.Events {
        @Override
        public void waitsFor(String what) {
            transition(now -> now instanceof InstanceState.Starting starting ? starting.waitingFor(what) : now);
        }

        @Override
        public void cannotContinue(Throwable reason) {
            fail(reason);
        }

        @Override
        public boolean isLeaving() {
            return state instanceof InstanceState.Leaving;
        }
    }

    private synchronized InstanceState transition(UnaryOperator<InstanceState> to) {
        InstanceState before = state;
        state = to.apply(before);
        return before;
    }

    private void fail(Throwable reason) {
        InstanceState before = transition(now -> switch (now) {
            case InstanceState.Starting starting -> starting.failed(reason);
            case InstanceState.Running running -> running.failed(reason);
            case InstanceState.Leaving leaving -> leaving.failed(reason);
            case InstanceState.Stopped stopped -> stopped;
            case InstanceState.Failed failed -> failed;
        });
        if (before instanceof InstanceState.Starting starting && !(reason instanceof ConfigurationException)) {
            log.error("Start failed while waiting for {}", starting.waitingFor(), reason);
        }
        end.completeExceptionally(reason);
    }

    /**
     * Waits, before the instance stops, until other instances have complete copies of its stores, or for as long as {@code
     * kappa.hand-over} allows. The instance serves meanwhile.
     */
    public void handOver() {
        if (config.standbys() == 0 || config.handOver().isZero()) {
            return;
        }
        InstanceState before =
                transition(now -> now instanceof InstanceState.Running running ? running.leaving() : now);
        if (!(before instanceof InstanceState.Running running)) {
            return;
        }
        RunningInstance instance = running.instance();
        VersionSupervisor versions = instance.versions();
        instance.fleetReports().now();
        long deadline = System.nanoTime() + config.handOver().toNanos();
        log.info("Handing over: patience={}", config.handOver());
        try {
            while (!HandOverPolicy.mayLeave(
                    instance.id(), instance.fleet(), versions.partitionsOfActiveVersions(), 1 + config.standbys())) {
                if (System.nanoTime() >= deadline) {
                    log.warn("Other instances lack complete copies of stores of this instance; stopping anyway");
                    return;
                }
                Thread.sleep(HAND_OVER_CHECK_INTERVAL);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Stops everything, in the reverse order of the start. */
    @PreDestroy
    public void stop() throws InterruptedException {
        synchronized (this) {
            if (isStopping) {
                return;
            }
            isStopping = true;
        }
        if (starter != null) {
            starter.interrupt();
            starter.join();
        }
        transition(now -> now instanceof InstanceState.Running running ? running.leaving() : now);
        resources.close();
        transition(now -> switch (now) {
            case InstanceState.Starting starting -> starting.stopped();
            case InstanceState.Leaving leaving -> leaving.stopped();
            case InstanceState.Running _, InstanceState.Stopped _, InstanceState.Failed _ -> now;
        });
        log.info("Stopped");
        end.complete(null);
    }
}
