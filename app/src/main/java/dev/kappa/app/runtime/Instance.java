package dev.kappa.app.runtime;

import dev.kappa.app.config.ConfigurationException;
import dev.kappa.app.config.KappaConfig;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.HttpSchemaRegistry;
import dev.kappa.avro.SchemaRegistry;
import dev.kappa.reprocessing.Catalog;
import dev.kappa.reprocessing.ClusterNames;
import dev.kappa.reprocessing.ViewVersion;
import dev.kappa.topologies.ConfiguredSerdes;
import dev.kappa.topologies.Serdes;
import dev.kappa.topologies.ViewTopology;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.event.ApplicationEventListener;
import io.micronaut.runtime.server.event.ServerStartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.streams.Topology;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings this instance up and takes it down. In order: take the state directory, wait for Kafka, wait for the schema
 * registry, see to the topics, start the versions. The HTTP server is up before all that and says what is waited for.
 *
 * <p>Thread-safe.
 */
@Singleton
public final class Instance implements ApplicationEventListener<ServerStartupEvent> {

    private static final Logger log = LoggerFactory.getLogger(Instance.class);

    private static final Duration TOPICS_PAUSE = Duration.ofSeconds(1);

    private final KappaConfig config;
    private final ClusterNames names;
    private final Catalog catalog;
    private final ViewMetrics metrics;
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private final List<AutoCloseable> resources = new ArrayList<>();
    private volatile List<VersionRunner> runners = List.of();
    private volatile String waitingFor = "the HTTP server";
    private volatile boolean stopping;
    private @Nullable Thread starter;

    Instance(KappaConfig config, ClusterNames names, Catalog catalog, MeterRegistry meters) {
        this.metrics = new ViewMetrics(meters);
        this.config = config;
        this.names = names;
        this.catalog = catalog;
    }

    /** The versions run here; empty until they are started. */
    public List<VersionRunner> runners() {
        return runners;
    }

    /** The runner of a version, if it is run here. */
    public Optional<VersionRunner> runner(ViewVersion version) {
        return runners.stream()
                .filter(runner -> runner.version().id().equals(version.id()))
                .findFirst();
    }

    /** What the start is waiting for; empty once the versions are started. */
    public Optional<String> waitingFor() {
        return runners.isEmpty() ? Optional.of(waitingFor) : Optional.empty();
    }

    /**
     * Completes when the instance has stopped; with the reason if it could not start.
     */
    public CompletableFuture<Void> end() {
        return end.copy();
    }

    @Override
    public void onApplicationEvent(ServerStartupEvent event) {
        String listening = event.getSource().getHost() + ":" + event.getSource().getPort();
        String advertised = config.advertised().orElse(listening);
        log.info("HTTP server is up: address=http://{} advertised={} pool={}", listening, advertised, config.pool());
        starter = Thread.ofPlatform().name("kappa-start").start(() -> start(advertised));
    }

    private void start(String advertised) {
        try {
            InstanceIdentity identity = InstanceIdentity.take(config.stateDir());
            own(identity);
            waitingFor = "Kafka at " + config.kafka().get("bootstrap.servers");
            var cluster = new ClusterConnection(config.kafka());
            own(cluster);
            cluster.await();
            waitingFor = "the schema registry at " + config.kafka().get(AvroSerdeConfig.URL);
            RegistryConnection.await(config.kafka());
            SchemaRegistry registry = new HttpSchemaRegistry(AvroSerdeConfig.from(config.kafka()));
            own(registry);
            waitingFor = "topics";
            startVersions(advertised, identity, cluster, registry);
        } catch (ConfigurationException e) {
            end.completeExceptionally(e);
        } catch (ConfigException e) {
            end.completeExceptionally(new ConfigurationException("Setting under kappa.kafka: " + e.getMessage()));
        } catch (InterruptedException | InterruptException stopRequested) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | RuntimeException e) {
            log.error("Start failed while waiting for {}", waitingFor, e);
            end.completeExceptionally(e);
        }
    }

    private void startVersions(
            String advertised, InstanceIdentity identity, ClusterConnection cluster, SchemaRegistry registry)
            throws ExecutionException, InterruptedException {
        Serdes serdes = serdes(registry);
        var memory = new RocksDbMemory(config.rocksDbMemory());
        own(memory);
        var settings = new StreamsSettings(config, names, identity.id(), advertised, memory);
        var progress = new HashMap<ViewVersion, EventTimeProgress>();
        var topologies = new LinkedHashMap<ViewVersion, Topology>();
        for (ViewVersion version : catalog.versions()) {
            var observer = new EventTimeProgress();
            progress.put(version, observer);
            topologies.put(
                    version,
                    ViewTopology.build(
                            version.definition(),
                            version.parameters(),
                            names.outputTopic(version.id()),
                            serdes,
                            observer));
        }
        prepareTopics(new Topics(cluster.admin(), config.topics(), names));

        var started = new ArrayList<VersionRunner>();
        for (Map.Entry<ViewVersion, Topology> entry : topologies.entrySet()) {
            ViewVersion version = entry.getKey();
            var deadLetters = new DeadLetters(
                    version.id(), names.deadLetterTopic(version.id().view()));
            var runner = new VersionRunner(
                    version,
                    entry.getValue(),
                    settings.of(version.id(), deadLetters),
                    progress.getOrDefault(version, new EventTimeProgress()),
                    deadLetters,
                    new StorePartitions(cluster.admin(), names, version.id()));
            own(runner);
            metrics.register(runner);
            started.add(runner);
            log.info(
                    "Starting version: view={} version={} parameters={} output={}",
                    version.id().view(),
                    version.id().number(),
                    version.parameters().asText(),
                    names.outputTopic(version.id()));
            runner.start();
        }
        runners = List.copyOf(started);
    }

    private void prepareTopics(Topics topics) throws ExecutionException, InterruptedException {
        while (true) {
            try {
                topics.prepare(catalog.versions());
                return;
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof RetriableException)) {
                    throw e;
                }
                log.warn("Topics cannot be seen to yet, trying again: failure=\"{}\"", String.valueOf(e.getCause()));
                Thread.sleep(TOPICS_PAUSE);
            }
        }
    }

    private Serdes serdes(SchemaRegistry registry) {
        var settings = new HashMap<String, Object>(config.kafka());
        settings.put(AvroSerdeConfig.CLIENT, registry);
        try {
            return new ConfiguredSerdes(Class.forName(config.serde()), settings);
        } catch (ClassNotFoundException e) {
            throw new ConfigurationException(
                    "Setting kappa.serde: there is no class " + config.serde() + " on the class path");
        }
    }

    /** Closed in reverse order when the instance stops; at once if it is already stopping. */
    private synchronized void own(AutoCloseable resource) {
        if (stopping) {
            close(resource);
        } else {
            resources.addFirst(resource);
        }
    }

    /** Stops what was started, in reverse order. */
    @PreDestroy
    public void stop() throws InterruptedException {
        List<AutoCloseable> toClose;
        synchronized (this) {
            if (stopping) {
                return;
            }
            stopping = true;
            toClose = List.copyOf(resources);
        }
        if (starter != null) {
            starter.interrupt();
            starter.join();
        }
        // Versions wait for their threads and commits: all at once, then what they share.
        List<Thread> closing = toClose.stream()
                .filter(VersionRunner.class::isInstance)
                .map(runner -> Thread.ofPlatform().start(() -> close(runner)))
                .toList();
        for (Thread thread : closing) {
            thread.join();
        }
        toClose.stream()
                .filter(resource -> !(resource instanceof VersionRunner))
                .forEach(Instance::close);
        log.info("Stopped");
        end.complete(null);
    }

    private static void close(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            log.warn("Not closed cleanly: {}", resource.getClass().getSimpleName(), e);
        }
    }
}
