package dev.kappa.localdev.faults;

import dev.kappa.localdev.fixtures.Signals;
import dev.kappa.localdev.process.ChildProcess;
import dev.kappa.localdev.process.Host;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

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
        private final int host;
        private final Start start;
        private final Await await;
        private @Nullable ChildProcess process;
        private volatile Duration longestUntilReady = Duration.ZERO;

        private Member(String name, int host, Start start, Await await) {
            this.name = name;
            this.host = host;
            this.start = start;
            this.await = await;
        }

        String name() {
            return name;
        }

        /** Number of its host. */
        int host() {
            return host;
        }

        private ChildProcess process() {
            return Objects.requireNonNull(process, name);
        }

        boolean isAlive() {
            return process().isAlive();
        }

        String lastWords() {
            return process().lastWords();
        }

        void kill() {
            process().kill();
        }

        void stop() {
            process().close();
        }

        /** Starts it, or starts it again, without waiting for it. */
        void start() throws IOException {
            process = start.now();
        }

        /** Returns when it answers as it should, and says how long that took. */
        String awaitReady() throws InterruptedException {
            long begin = System.nanoTime();
            await.ready(process());
            Duration took = Duration.ofNanos(System.nanoTime() - begin);
            if (took.compareTo(longestUntilReady) > 0) {
                longestUntilReady = took;
            }
            return String.format("; ready after %.1f s", took.toMillis() / 1e3);
        }

        /** The longest time from the end of a fault until it answered as it should. */
        Duration longestUntilReady() {
            return longestUntilReady;
        }

        /** Freezes or thaws it. */
        void signal(String signal) throws IOException, InterruptedException {
            Signals.send(signal, process());
        }
    }

    private interface Start {
        ChildProcess now() throws IOException;
    }

    private interface Await {
        void ready(ChildProcess process) throws InterruptedException;
    }

    /** Megabytes of the disks of a broker, the registry and an instance. */
    private static final List<Integer> DISKS = List.of(1_500, 1_500, 1_500, 500, 1_000, 1_000, 1_000);

    private static final int REGISTRY_HOST = BROKERS;

    /** A broker and an instance whose clocks can be set. */
    private static final Set<Integer> CLOCKS = Set.of(BROKERS - 1, REGISTRY_HOST + POOLS.size());

    private static final Duration HEALED = Duration.ofMinutes(5);

    private final Layout layout;
    private final Hosts hosts;
    private final Proxies proxies = new Proxies();
    private final List<LocalBroker.Node> nodes = new ArrayList<>();
    private final int registryPort;
    private final List<String> addresses = new ArrayList<>();
    private final List<Member> brokers = new ArrayList<>();
    private final List<Member> instances = new ArrayList<>();
    private final Member registry;

    /** Class path of the release before this one, where its unpacked archive or its checkout is given. */
    private final Optional<String> previousRelease = Optional.ofNullable(System.getProperty("kappa.previous"))
            .map(home -> Layout.of(Path.of(home), Path.of("")).classPath());

    /** Hosts of instances that are of the release before this one. */
    private final Set<Integer> ofPreviousRelease = ConcurrentHashMap.newKeySet();

    /**
     * Creates the hosts; nothing runs on them yet.
     *
     * @param parameters of the views' first versions
     * @param jvmArguments of the instances
     */
    FaultCluster(Path directory, Map<String, String> parameters, String... jvmArguments)
            throws IOException, InterruptedException {
        Path home = Path.of(System.getProperty("kappa.home", ".."));
        this.layout = Layout.of(home, directory);
        Path archivesOfPrevious = Files.createDirectories(directory.resolve("archives"));
        String id = Uuid.randomUuid().toString();
        this.hosts = new Hosts(directory, DISKS, CLOCKS);
        for (int i = 0; i < BROKERS; i++) {
            int port = Ports.free();
            int controllerPort = Ports.free();
            nodes.add(new LocalBroker.Node(
                    i + 1,
                    hosts.host(i).address(),
                    publicPort(i, port),
                    publicPort(i, controllerPort),
                    port,
                    controllerPort));
        }
        for (int i = 0; i < BROKERS; i++) {
            LocalBroker.Node node = nodes.get(i);
            Layout own = on(i);
            brokers.add(new Member(
                    "broker " + node.id(),
                    i,
                    () -> LocalBroker.start(own, node, nodes, id),
                    process -> LocalBroker.await(process, node.bootstrap())));
        }
        Host registryHost = hosts.host(REGISTRY_HOST);
        int ownRegistryPort = Ports.free();
        this.registryPort = publicPort(REGISTRY_HOST, ownRegistryPort);
        this.registry = new Member(
                "registry",
                REGISTRY_HOST,
                () -> LocalRegistry.start(on(REGISTRY_HOST), ownRegistryPort),
                process -> LocalRegistry.await(process, registryHost, registryPort));
        for (int i = 0; i < POOLS.size(); i++) {
            int host = REGISTRY_HOST + 1 + i;
            int port = Ports.free();
            int publicPort = publicPort(host, port);
            String address = hosts.host(host).address() + ":" + publicPort;
            addresses.add(address);
            Layout own = on(host);
            String[] arguments = Stream.concat(
                            Stream.of(
                                    "-Dkappa.pool.name=" + POOLS.get(i),
                                    "-Dkappa.security.mode=none",
                                    "-Dkappa.advertised.address=" + address),
                            Arrays.stream(jvmArguments))
                    .toArray(String[]::new);
            instances.add(new Member(
                    "instance " + (i + 1),
                    host,
                    () -> LocalApp.start(
                            ofPreviousRelease.contains(host)
                                    ? own.with(previousRelease.orElseThrow(), archivesOfPrevious)
                                    : own,
                            port,
                            kafka(),
                            registryAddress(),
                            parameters,
                            Optional.of(own.logs().resolve("app.log")),
                            arguments),
                    process -> LocalApp.await(process, own.host(), publicPort)));
        }
    }

    /** The port by which others reach what listens on a port of a host. */
    private int publicPort(int host, int port) throws IOException {
        return hosts.hasNetwork() ? port : proxies.addProxy(host, port);
    }

    /** Starts all, and returns when all instances are ready. */
    void start() throws IOException, InterruptedException {
        registry.start();
        for (Member broker : brokers) {
            broker.start();
        }
        for (Member broker : brokers) {
            broker.awaitReady();
        }
        registry.awaitReady();
        for (Member instance : instances) {
            instance.start();
        }
        for (Member instance : instances) {
            instance.awaitReady();
        }
    }

    /** The layout of what runs on a host: its data is on the host's disk, its logs are not. */
    private Layout on(int host) {
        return layout.in(hosts.disk(host)).on(hosts.host(host));
    }

    /** Lines of the logs of instances that took the position of a version for lost. An earlier release may have done so by mistake. */
    List<String> lostPositions() throws IOException {
        var lines = new ArrayList<String>();
        for (Member instance : instances) {
            if (!ofPreviousRelease.contains(instance.host())) {
                Files.readString(on(instance.host()).logs().resolve("app.log"))
                        .lines()
                        .filter(line -> line.contains("in its inputs is lost"))
                        .forEach(lines::add);
            }
        }
        return lines;
    }

    Hosts hosts() {
        return hosts;
    }

    Links links() {
        return hosts.hasNetwork() ? hosts : proxies;
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
        return nodes.stream().map(LocalBroker.Node::bootstrap).collect(Collectors.joining(","));
    }

    String registryAddress() {
        return "http://" + hosts.host(REGISTRY_HOST).address() + ":" + registryPort;
    }

    URI uri(int instance, String path) {
        return URI.create("http://" + addresses.get(instance) + path);
    }

    /** The addresses of a path on all instances. */
    List<URI> uris(String path) {
        return addresses.stream()
                .map(address -> URI.create("http://" + address + path))
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
            awaitUntilNone("Replicas that are not in sync", () -> behind(admin));
        }
    }

    /** Returns when another than a broker that has just been killed is the active controller. */
    void awaitControllerOtherThan(Member killed) throws ExecutionException, InterruptedException {
        awaitUntilNone("Controllers that do not run", () -> {
            int controller = controllerId();
            boolean isAnother = controller > 0 && brokers.get(controller - 1) != killed;
            return isAnother ? List.of() : List.of(String.valueOf(controller));
        });
    }

    private interface Search {
        List<String> found() throws ExecutionException, InterruptedException;
    }

    private static void awaitUntilNone(String what, Search search) throws ExecutionException, InterruptedException {
        long deadline = System.nanoTime() + HEALED.toNanos();
        List<String> found = search.found();
        while (!found.isEmpty()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(what + " after " + HEALED + ": " + found);
            }
            Thread.sleep(500);
            found = search.found();
        }
    }

    /** The partitions that have not all their replicas in sync. */
    private static List<String> behind(Admin admin) throws ExecutionException, InterruptedException {
        return partitions(admin).values().stream()
                .flatMap(topic -> topic.partitions().stream()
                        .filter(partition ->
                                partition.isr().size() < partition.replicas().size())
                        .map(partition -> topic.name() + " " + partition))
                .toList();
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

    boolean hasPreviousRelease() {
        return previousRelease.isPresent();
    }

    /** Lets an instance be of the other release from its next start on; returns which that is. */
    String changeRelease(Member instance) {
        if (ofPreviousRelease.remove(instance.host())) {
            return "new";
        }
        ofPreviousRelease.add(instance.host());
        return "previous";
    }

    /** The id of the broker that is the active controller; negative while there is none. */
    int controllerId() throws ExecutionException, InterruptedException {
        try (Admin admin = admin()) {
            return admin.describeMetadataQuorum().quorumInfo().get().leaderId();
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof RetriableException)) {
                throw e;
            }
            return -1;
        }
    }

    /** Deletes the data of a broker that does not run. */
    void wipe(Member broker) throws IOException {
        Utils.delete(hosts.disk(broker.host()).resolve("kafka").toFile());
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

    /** Runs a kappa command in a process of its own, and kills it after a time, unless it has ended before. */
    void runAndKill(Duration after, String... arguments) throws IOException, InterruptedException {
        var all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--bootstrap-server", kafka(), "--schema-registry", registryAddress()));
        ChildProcess command = ChildProcess.start(new ChildProcess.Program(
                "The command",
                List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
                layout.classPath(),
                Kappa.class.getName(),
                all,
                Optional.of(layout.logs().resolve("command.log"))));
        Thread.sleep(after);
        command.kill();
    }

    /** Where Kafka and the registry are, for clients. */
    Map<String, Object> clientSettings() {
        return Map.of("bootstrap.servers", kafka(), "schema.registry.url", registryAddress());
    }

    @Override
    public void close() {
        for (Member member : all().reversed()) {
            if (member.process != null) {
                member.kill();
            }
        }
        proxies.close();
        hosts.close();
    }
}
