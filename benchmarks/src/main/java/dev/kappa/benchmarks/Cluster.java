package dev.kappa.benchmarks;

import dev.kappa.localdev.process.ChildProcess;
import dev.kappa.localdev.process.Layout;
import dev.kappa.localdev.process.LocalBroker;
import dev.kappa.localdev.process.LocalRegistry;
import dev.kappa.localdev.process.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.CommonClientConfigs;

/** A broker and a registry of its own, in a directory that goes with it. */
final class Cluster implements AutoCloseable {

    private final Path directory;
    private final ChildProcess broker;
    private final ChildProcess registry;
    private final int brokerPort = Ports.free();
    private final int registryPort = Ports.free();
    private final int appPort = Ports.free();

    private final int partitions;

    private Cluster(Path directory, int partitions) throws IOException {
        this.directory = directory;
        this.partitions = partitions;
        Layout layout = Layout.of(Path.of(System.getProperty("kappa.home", ".")), directory);
        this.broker = LocalBroker.start(layout, brokerPort);
        this.registry = LocalRegistry.start(layout, registryPort);
    }

    /**
     * Returns when it can be used.
     *
     * @param partitions of its topics
     */
    static Cluster start(int partitions) throws IOException, InterruptedException {
        var cluster = new Cluster(Files.createTempDirectory("kappa-benchmark-"), partitions);
        LocalBroker.await(cluster.broker, cluster.brokerPort);
        LocalRegistry.await(cluster.registry, cluster.registryPort);
        return cluster;
    }

    String kafka() {
        return "127.0.0.1:" + brokerPort;
    }

    String registry() {
        return "http://127.0.0.1:" + registryPort;
    }

    /** The port of an instance of Kappa; there is one at a time. */
    int appPort() {
        return appPort;
    }

    /** Settings of a client; may be added to. */
    Map<String, Object> client() {
        return new HashMap<>(Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, kafka()));
    }

    int partitions() {
        return partitions;
    }

    Path directory() {
        return directory;
    }

    @Override
    public void close() throws IOException {
        registry.close();
        broker.close();
        delete(directory);
    }

    static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
