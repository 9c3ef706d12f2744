package dev.kappa.localdev.faults;

import dev.kappa.localdev.process.ChildProcess;
import dev.kappa.localdev.process.Layout;
import dev.kappa.localdev.process.LocalApp;
import dev.kappa.localdev.process.LocalBroker;
import dev.kappa.localdev.process.LocalRegistry;
import dev.kappa.localdev.process.Ports;
import dev.kappa.reprocessing.command.Kappa;
import dev.kappa.topologies.kit.Topics;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Three brokers (three replicas, two of them in sync), a registry and three instances in two pools, each in a process of its own that can be
 * killed, frozen and started again. Thread-safe as long as each process is handled by one thread at a time.
 */
final class FaultCluster implements AutoCloseable {

    private static final int BROKERS = 3;

    /** Instances by their pools. */
    private static final List<String> POOLS = List.of("blue", "blue", "green");

    /** A program that is started again after a fault, on its port and with its data. */
    static final class Member {
        private final String name;
        private final Start start;
        private final Await await;
        private ChildProcess process;

        private Member(String name, Start start, Await await) throws IOException {
            this.name = name;
            this.start = start;
            this.await = await;
            this.process = start.now();
        }

        String name() {
            return name;
        }

        boolean isAlive() {
            return process.isAlive();
        }

        String lastWords() {
            return process.lastWords();
        }

        void kill() {
            process.kill();
        }

        void stop() {
            process.close();
        }

        /** Starts it again, without waiting for it. */
        void startAgain() throws IOException {
            process = start.now();
        }

        void awaitReady() throws InterruptedException {
            await.ready(process);
        }

        /** Freezes or thaws it. */
        void signal(String signal) throws IOException, InterruptedException {
            new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid()))
                    .start()
                    .waitFor();
        }
    }

    private interface Start {
        ChildProcess now() throws IOException;
    }

    private interface Await {
        void ready(ChildProcess process) throws InterruptedException;
    }

    private final Layout layout;
    private final List<LocalBroker.Node> nodes = new ArrayList<>();
    private final int registryPort = Ports.free();
    private final List<Integer> appPorts = new ArrayList<>();
    private final List<Member> brokers = new ArrayList<>();
    private final List<Member> instances = new ArrayList<>();
    private final Member registry;

    /**
     * Starts all, and returns when all instances are ready.
     *
     * @param parameters of the views' first versions
     * @param jvmArguments of the instances
     */
    FaultCluster(Path directory, Map<String, String> parameters, String... jvmArguments)
            throws IOException, InterruptedException {
        Path home = Path.of(System.getProperty("kappa.home", ".."));
        Path archives = home.resolve("local-dev").resolve("target").resolve("test-archives");
        this.layout = Layout.of(home, Files.createDirectories(archives), directory);
        String id = Uuid.randomUuid().toString();
        for (int i = 1; i <= BROKERS; i++) {
            nodes.add(new LocalBroker.Node(i, Ports.free(), Ports.free()));
        }
        for (LocalBroker.Node node : nodes) {
            Layout own = layout.in(directory.resolve("broker-" + node.id()));
            brokers.add(new Member(
                    "broker " + node.id(),
                    () -> LocalBroker.start(own, node, nodes, id),
                    process -> LocalBroker.await(process, node.port())));
        }
        this.registry = new Member(
                "registry",
                () -> LocalRegistry.start(layout, registryPort),
                process -> LocalRegistry.await(process, registryPort));
        for (Member broker : brokers) {
            broker.awaitReady();
        }
        registry.awaitReady();
        for (int i = 0; i < POOLS.size(); i++) {
            int port = Ports.free();
            appPorts.add(port);
            Layout own = layout.in(directory.resolve("instance-" + i));
            String[] arguments = Arrays.copyOf(jvmArguments, jvmArguments.length + 1);
            arguments[jvmArguments.length] = "-Dkappa.pool.name=" + POOLS.get(i);
            instances.add(new Member(
                    "instance " + (i + 1),
                    () -> LocalApp.start(
                            own,
                            port,
                            kafka(),
                            registryAddress(),
                            parameters,
                            Optional.of(own.logs().resolve("app.log")),
                            arguments),
                    process -> LocalApp.await(process, port)));
        }
        for (Member instance : instances) {
            instance.awaitReady();
        }
    }

    List<Member> brokers() {
        return brokers;
    }

    List<Member> instances() {
        return instances;
    }

    Member registry() {
        return registry;
    }

    List<Member> all() {
        var all = new ArrayList<>(brokers);
        all.add(registry);
        all.addAll(instances);
        return all;
    }

    String kafka() {
        return nodes.stream().map(node -> "127.0.0.1:" + node.port()).collect(Collectors.joining(","));
    }

    String registryAddress() {
        return "http://127.0.0.1:" + registryPort;
    }

    URI uri(int instance, String path) {
        return URI.create("http://127.0.0.1:" + appPorts.get(instance) + path);
    }

    /** The addresses of a path on all instances. */
    List<URI> uris(String path) {
        return appPorts.stream()
                .map(port -> URI.create("http://127.0.0.1:" + port + path))
                .toList();
    }

    Topics topics() {
        return new Topics(kafka(), registryAddress());
    }

    Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", kafka()));
    }

    /** Returns when every partition has all its replicas in sync: a fault more would else be two at once. */
    void awaitInSync() throws ExecutionException, InterruptedException {
        try (Admin admin = admin()) {
            while (!partitions(admin).values().stream()
                    .flatMap(topic -> topic.partitions().stream())
                    .allMatch(partition ->
                            partition.isr().size() == partition.replicas().size())) {
                Thread.sleep(500);
            }
        }
    }

    private static Map<String, TopicDescription> partitions(Admin admin)
            throws ExecutionException, InterruptedException {
        while (true) {
            try {
                return admin.describeTopics(admin.listTopics().names().get())
                        .allTopicNames()
                        .get();
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof RetriableException)) {
                    throw e;
                }
                // A topic has just been deleted.
                Thread.sleep(500);
            }
        }
    }

    /** Deletes the data of a broker that does not run. */
    void wipe(Member broker) throws IOException {
        Path data =
                layout.data().resolve("broker-" + (brokers.indexOf(broker) + 1)).resolve("kafka");
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** Puts the replicas of every partition into another order, and makes the first of them the leader; returns how many. */
    int moveLeaders(Random random) throws ExecutionException, InterruptedException {
        try (Admin admin = admin()) {
            var orders = new HashMap<TopicPartition, Optional<NewPartitionReassignment>>();
            partitions(admin)
                    .forEach((topic, description) -> description.partitions().forEach(partition -> {
                        var replicas = new ArrayList<>(
                                partition.replicas().stream().map(Node::id).toList());
                        Collections.shuffle(replicas, random);
                        orders.put(
                                new TopicPartition(topic, partition.partition()),
                                Optional.of(new NewPartitionReassignment(replicas)));
                    }));
            for (KafkaFuture<Void> change :
                    admin.alterPartitionReassignments(orders).values().values()) {
                try {
                    change.get();
                } catch (ExecutionException e) {
                    if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                        throw e;
                    }
                    // It has been deleted meanwhile.
                }
            }
            admin.electLeaders(ElectionType.PREFERRED, orders.keySet())
                    .partitions()
                    .get();
            return orders.size();
        }
    }

    /** The output of a command, and its exit code. */
    record Outcome(int exitCode, String out, String err) {}

    /** Runs a kappa command against the cluster, in this process. */
    Outcome run(String... arguments) {
        var out = new StringWriter();
        var err = new StringWriter();
        var all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--bootstrap-server", kafka(), "--schema-registry", registryAddress()));
        int exitCode = Kappa.run(new PrintWriter(out, true), new PrintWriter(err, true), all.toArray(String[]::new));
        return new Outcome(exitCode, out.toString(), err.toString());
    }

    @Override
    public void close() {
        for (Member member : all().reversed()) {
            try {
                member.signal("CONT");
            } catch (IOException | InterruptedException e) {
                // It is killed all the same.
            }
            member.kill();
        }
    }
}
