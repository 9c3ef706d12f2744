package dev.kappa.localdev.process;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.common.Uuid;

/** Kafka brokers: KRaft nodes, broker and controller at once, each in a process of its own. */
public final class LocalBroker {

    /**
     * With eligible leader replicas (KIP-966), the only replica of a partition leaves its in-sync set after a crash, and may be
     * without a leader until the next round of unclean elections, five minutes later. There is no other to elect.
     */
    private static final String ONE_REPLICA = "eligible.leader.replicas.version=0";

    private LocalBroker() {}

    /**
     * A node of a cluster.
     *
     * @param id its number, from 1
     * @param address the address of its host
     * @param port for clients
     * @param controllerPort for the other nodes
     * @param bindPort port that it binds for clients; differs from {@code port} behind a proxy
     * @param controllerBindPort the same for the other nodes
     */
    public record Node(int id, String address, int port, int controllerPort, int bindPort, int controllerBindPort) {

        /** Where clients reach it. */
        public String bootstrap() {
            return address + ":" + port;
        }
    }

    /**
     * Starts a broker, without waiting for it.
     *
     * @param layout where things are
     * @param port the port for clients
     */
    public static ChildProcess start(Layout layout, int port) throws IOException {
        return start(layout, port, List.of(ONE_REPLICA));
    }

    /**
     * The same for a broker of another release, whose jars are first on the class path of the layout.
     *
     * @param features levels of features that a new cluster is formatted with, as {@code NAME=LEVEL}
     */
    public static ChildProcess start(Layout layout, int port, List<String> features) throws IOException {
        int controllerPort = Ports.free();
        var node = new Node(1, layout.host().address(), port, controllerPort, port, controllerPort);
        return start(layout, node, List.of(node), Uuid.randomUuid().toString(), features);
    }

    /**
     * Starts a node of a cluster of several, without waiting for it. Topics have three replicas, of which two must be in sync.
     *
     * @param layout where things are; the node keeps its data in it
     * @param all the nodes of the cluster
     * @param cluster id of the cluster
     */
    public static ChildProcess start(Layout layout, Node node, List<Node> all, String cluster) throws IOException {
        return start(layout, node, all, cluster, List.of());
    }

    private static ChildProcess start(Layout layout, Node node, List<Node> all, String cluster, List<String> features)
            throws IOException {
        Path directory = layout.data().resolve("kafka");
        Files.createDirectories(directory);
        Path config = directory.resolve("server.properties");
        var properties = new Properties();
        properties.putAll(settings(directory, node, all));
        try (Writer writer = Files.newBufferedWriter(config)) {
            properties.store(writer, "Written at every start of kappa up");
        }
        var arguments = new ArrayList<>(List.of(config.toString(), cluster));
        arguments.addAll(features);
        return ChildProcess.start(new ChildProcess.Program(
                "Kafka",
                Jvm.arguments("768m", "-Dlogback.configurationFile=logback-broker.xml"),
                Optional.of(layout.archive("kafka")),
                layout.classPath(),
                BrokerMain.class.getName(),
                arguments,
                Optional.of(layout.logs().resolve("kafka.log")),
                layout.host()));
    }

    /** Returns when a broker on loopback takes requests; fails when it or one of the others ends first. */
    public static void await(ChildProcess broker, int port, ChildProcess... others) throws InterruptedException {
        await(broker, Host.LOOPBACK.address() + ":" + port, others);
    }

    /** The same for the broker with this address for clients. */
    public static void await(ChildProcess broker, String bootstrap, ChildProcess... others)
            throws InterruptedException {
        Map<String, Object> settings = Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrap,
                AdminClientConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG,
                100);
        var soon = new DescribeClusterOptions().timeoutMs(1000);
        try (Admin admin = Admin.create(settings)) {
            Wait.until(
                    broker,
                    List.of(others),
                    Wait.START_TIMEOUT,
                    () -> !admin.describeCluster(soon).nodes().get().isEmpty());
        }
    }

    /** The listener of the controller only where it must be: not every broker takes it. */
    private static String advertised(Node node) {
        String forClients = "PLAINTEXT://" + node.bootstrap();
        return node.controllerBindPort() == node.controllerPort()
                ? forClients
                : forClients + ",CONTROLLER://" + node.address() + ":" + node.controllerPort();
    }

    private static Map<String, String> settings(Path directory, Node node, List<Node> all) {
        String replicas = String.valueOf(Math.min(3, all.size()));
        String inSync = String.valueOf(Math.max(1, Math.min(3, all.size()) - 1));
        return Map.ofEntries(
                Map.entry("process.roles", "broker,controller"),
                Map.entry("node.id", String.valueOf(node.id())),
                Map.entry(
                        "controller.quorum.voters",
                        all.stream()
                                .map(one -> one.id() + "@" + one.address() + ":" + one.controllerPort())
                                .collect(Collectors.joining(","))),
                Map.entry(
                        "listeners",
                        "PLAINTEXT://" + node.address() + ":" + node.bindPort() + ",CONTROLLER://" + node.address()
                                + ":" + node.controllerBindPort()),
                Map.entry("advertised.listeners", advertised(node)),
                Map.entry("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"),
                Map.entry("controller.listener.names", "CONTROLLER"),
                Map.entry("log.dirs", directory.resolve("logs").toString()),
                Map.entry("auto.create.topics.enable", "false"),
                Map.entry("default.replication.factor", replicas),
                Map.entry("min.insync.replicas", inSync),
                Map.entry("offsets.topic.replication.factor", replicas),
                // Few partitions make a fast start.
                Map.entry("offsets.topic.num.partitions", "8"),
                Map.entry("transaction.state.log.replication.factor", replicas),
                Map.entry("transaction.state.log.min.isr", inSync),
                Map.entry("transaction.state.log.num.partitions", "8"),
                // A transaction that a killed instance left open blocks readers of committed records.
                Map.entry("transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000"),
                Map.entry("group.initial.rebalance.delay.ms", "0"),
                // A machine that is off for weeks must not lose the place its views have reached.
                Map.entry("offsets.retention.minutes", String.valueOf(Integer.MAX_VALUE)),
                Map.entry("log.cleaner.dedupe.buffer.size", String.valueOf(32 << 20)),
                Map.entry("num.network.threads", "2"),
                Map.entry("num.io.threads", "4"));
    }
}
