package dev.kappa.localdev;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.localdev.process.ChildProcess;
import dev.kappa.localdev.process.Layout;
import dev.kappa.localdev.process.LocalApp;
import dev.kappa.localdev.process.LocalBroker;
import dev.kappa.localdev.process.LocalRegistry;
import dev.kappa.localdev.process.Ports;
import dev.kappa.reprocessing.catalog.CrashPoint;
import dev.kappa.reprocessing.command.Kappa;
import dev.kappa.topologies.kit.Topics;
import dev.kappa.topologies.kit.ViewSpec;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A real broker, a real registry and the app, each in its own process, for tests. */
final class LocalCluster implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Layout layout;
    private final int kafkaPort = Ports.free();
    private final int registryPort = Ports.free();
    private final int appPort = Ports.free();
    private final HttpClient http = HttpClient.newHttpClient();
    private Optional<ChildProcess> broker = Optional.empty();
    private Optional<ChildProcess> registry = Optional.empty();
    private Optional<ChildProcess> app = Optional.empty();

    /** Nothing runs yet; everything will keep its data in the directory. */
    LocalCluster(Path directory) throws IOException {
        Path home = Path.of(System.getProperty("kappa.home", ".."));
        Path archives = home.resolve("local-dev").resolve("target").resolve("test-archives");
        this.layout = Layout.of(home, Files.createDirectories(archives), directory);
    }

    LocalCluster startBrokerAndRegistry() throws Exception {
        launchRegistry();
        startBroker();
        awaitRegistry();
        return this;
    }

    void startBroker() throws Exception {
        ChildProcess started = LocalBroker.start(layout, kafkaPort);
        broker = Optional.of(started);
        LocalBroker.await(started, kafkaPort);
    }

    void startRegistry() throws Exception {
        launchRegistry();
        awaitRegistry();
    }

    private void launchRegistry() throws IOException {
        registry = Optional.of(LocalRegistry.start(layout, registryPort));
    }

    private void awaitRegistry() throws InterruptedException {
        LocalRegistry.await(schemaRegistry(), registryPort);
    }

    /** Starts the app and waits until it is ready. */
    void startApp(Map<String, String> parameters) throws Exception {
        LocalApp.await(launchApp(parameters), appPort);
    }

    /** Starts the app without waiting. */
    ChildProcess launchApp(Map<String, String> parameters, String... jvmArguments) throws IOException {
        ChildProcess started = LocalApp.start(
                layout,
                appPort,
                kafka(),
                registry(),
                parameters,
                Optional.of(layout.logs().resolve("app.log")),
                jvmArguments);
        app = Optional.of(started);
        return started;
    }

    /** Starts the app with what a file says of Kafka, and waits until it is ready. */
    void startConfiguredApp(Path config) throws Exception {
        LocalApp.await(launchConfiguredApp(config, registry()), appPort);
    }

    /** The same with views of a user on the class path. */
    void startConfiguredApp(Path config, Path views) throws Exception {
        LocalApp.await(
                launchConfiguredApp(config, registry(), layout.classPath() + File.pathSeparator + views), appPort);
    }

    /** Starts the app with what a file says of Kafka, and a registry at another address, without waiting. */
    ChildProcess launchConfiguredApp(Path config, String registryAddress) throws IOException {
        return launchConfiguredApp(config, registryAddress, layout.classPath());
    }

    private ChildProcess launchConfiguredApp(Path config, String registryAddress, String classPath) throws IOException {
        ChildProcess started = ChildProcess.start(new ChildProcess.Program(
                "The app",
                List.of("-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
                classPath,
                Kappa.class.getName(),
                List.of(
                        "run",
                        "--config",
                        config.toString(),
                        "--port",
                        String.valueOf(appPort),
                        "--registry",
                        registryAddress,
                        "--state-dir",
                        stateDir().toString()),
                Optional.of(layout.logs().resolve("app.log"))));
        app = Optional.of(started);
        return started;
    }

    /** Another instance of the fleet, with a port and a state of its own. */
    final class Another implements AutoCloseable {
        private final int port = Ports.free();
        private final Map<String, String> parameters;
        private final String[] jvmArguments;
        private ChildProcess process;

        private Another(Map<String, String> parameters, String... jvmArguments) throws IOException {
            this.parameters = parameters;
            this.jvmArguments = jvmArguments;
            this.process = launch();
        }

        private ChildProcess launch() throws IOException {
            return LocalApp.start(
                    layout.in(layout.data().resolve("app-" + port)),
                    port,
                    kafka(),
                    registry(),
                    parameters,
                    Optional.of(layout.logs().resolve("app-" + port + ".log")),
                    jvmArguments);
        }

        /** Starts it again after it has ended, with the state it left. */
        void startAgain() throws IOException, InterruptedException {
            process = launch();
            LocalApp.await(process, port);
        }

        ChildProcess process() {
            return process;
        }

        URI uri(String path) {
            return URI.create("http://127.0.0.1:" + port + path);
        }

        @Override
        public void close() {
            process.close();
        }
    }

    /** Starts another instance without waiting. */
    Another launchAnotherApp(Map<String, String> parameters, String... jvmArguments) throws IOException {
        return new Another(parameters, jvmArguments);
    }

    /** Starts another instance and waits until it is ready. */
    Another startAnotherApp(Map<String, String> parameters, String... jvmArguments) throws Exception {
        Another another = launchAnotherApp(parameters, jvmArguments);
        LocalApp.await(another.process(), another.port);
        return another;
    }

    void awaitApp() throws InterruptedException {
        LocalApp.await(app.orElseThrow(), appPort);
    }

    ChildProcess broker() {
        return broker.orElseThrow();
    }

    ChildProcess schemaRegistry() {
        return registry.orElseThrow();
    }

    ChildProcess app() {
        return app.orElseThrow();
    }

    String kafka() {
        return "127.0.0.1:" + kafkaPort;
    }

    String registry() {
        return "http://127.0.0.1:" + registryPort;
    }

    String appLog() throws IOException {
        return Files.readString(layout.logs().resolve("app.log"));
    }

    /**
     * All records of a topic, once no transaction is open on it: a producer that has committed one does not wait for the brokers
     * to make it visible.
     */
    List<ConsumerRecord<byte[], byte[]>> records(String topic) {
        return committed(topic, "read_uncommitted");
    }

    /** Records of a topic up to the first open transaction. */
    List<ConsumerRecord<byte[], byte[]>> committedSoFar(String topic) {
        return committed(topic, "read_committed");
    }

    private List<ConsumerRecord<byte[], byte[]>> committed(String topic, String isolationOfEnds) {
        Map<TopicPartition, Long> ends;
        try (var consumer = consumer(isolationOfEnds)) {
            ends = consumer.endOffsets(consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList());
        }
        var found = new ArrayList<ConsumerRecord<byte[], byte[]>>();
        try (var consumer = consumer("read_committed")) {
            consumer.assign(ends.keySet());
            consumer.seekToBeginning(ends.keySet());
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                consumer.poll(Duration.ofMillis(200)).forEach(found::add);
            }
        }
        return found;
    }

    private KafkaConsumer<byte[], byte[]> consumer(String isolation) {
        return new KafkaConsumer<>(
                Map.of("bootstrap.servers", kafka(), "isolation.level", isolation),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", kafka()));
    }

    /** Runs a kappa command against this cluster, in this process. */
    int kappa(String... arguments) {
        return Kappa.run(withAddresses(arguments).toArray(String[]::new));
    }

    /** What a command printed, and its exit code. */
    record Outcome(int exitCode, String out, String err) {
        JsonNode json() throws IOException {
            return JSON.readTree(out);
        }
    }

    /** Runs a kappa command against this cluster, in this process, and keeps what it prints. */
    Outcome run(String... arguments) {
        var out = new StringWriter();
        var err = new StringWriter();
        int exitCode = Kappa.run(
                new PrintWriter(out, true),
                new PrintWriter(err, true),
                withAddresses(arguments).toArray(String[]::new));
        return new Outcome(exitCode, out.toString(), err.toString());
    }

    /** Runs a kappa command in a process of its own that ends without any clean-up at a milestone. */
    int kappaHaltedAt(CrashPoint milestone, String... arguments) throws IOException, InterruptedException {
        return runInProcess(List.of("-Ddev.kappa.halt-at=" + milestone), arguments)
                .exitCode();
    }

    /** Runs a kappa command against this cluster, in a JVM of its own, and keeps what it prints. */
    Outcome runInProcess(List<String> jvmArguments, String... arguments) throws IOException, InterruptedException {
        Path out = Files.createTempFile(layout.data(), "command", ".out");
        Path err = Files.createTempFile(layout.data(), "command", ".err");
        int exitCode = new ProcessBuilder(command(jvmArguments, arguments))
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start()
                .waitFor();
        return new Outcome(exitCode, Files.readString(out), Files.readString(err));
    }

    /** Starts a kappa command in a JVM of its own, without waiting for it. */
    Process launchCommand(String... arguments) throws IOException {
        return new ProcessBuilder(command(List.of(), arguments))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private List<String> command(List<String> jvmArguments, String... arguments) {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1"));
        command.addAll(jvmArguments);
        command.addAll(List.of("-cp", layout.classPath(), Kappa.class.getName()));
        command.addAll(withAddresses(arguments));
        return command;
    }

    private List<String> withAddresses(String... arguments) {
        var all = new ArrayList<>(List.of(arguments));
        if (!all.contains("--bootstrap-server")) {
            all.addAll(List.of("--bootstrap-server", kafka()));
        }
        all.addAll(List.of("--registry", registry()));
        if (!all.contains("--app")) {
            all.addAll(List.of("--app", "http://127.0.0.1:" + appPort));
        }
        return all;
    }

    /** Where the app keeps its state. */
    Path stateDir() {
        return layout.data().resolve("state");
    }

    HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + appPort + path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    /** The inputs and outputs of views. */
    Topics topics() {
        return new Topics(kafka(), registry());
    }

    /** What a version's output topic amounts to. */
    Map<Object, Object> results(ViewSpec spec, int version) {
        return topics().output(spec.definition(), version).results();
    }

    /** Settings of clients of the broker and the registry. */
    Map<String, Object> clientSettings() {
        return Map.of("bootstrap.servers", kafka(), "schema.registry.url", registry());
    }

    /** The address of the app. */
    URI appUri(String path) {
        return URI.create("http://127.0.0.1:" + appPort + path);
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        // No request takes so long; one that is never answered must not look like a condition that is not fulfilled.
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + appPort + path))
                .timeout(Duration.ofMinutes(1))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    /** What the app answers to a request as it stands here, until the connection ends. */
    String exchange(String request) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), appPort)) {
            socket.setSoTimeout(5_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** The answer to a request; any status but 200 is an assertion that fails, and may hold when tried again. */
    JsonNode json(String path) throws IOException, InterruptedException {
        HttpResponse<String> response = get(path);
        if (response.statusCode() != 200) {
            throw new AssertionError("GET " + path + ": " + response.statusCode() + " " + response.body());
        }
        return JSON.readTree(response.body());
    }

    /** Follows a list's cursors to its end. */
    void pages(String path, String list, Consumer<JsonNode> item) throws IOException, InterruptedException {
        String cursor = "";
        do {
            JsonNode page = json(path + "?limit=1000" + (cursor.isEmpty() ? "" : "&cursor=" + cursor));
            page.path(list).forEach(item);
            cursor = page.path("next").asText("");
            if (page.path("next").isNull()) {
                return;
            }
        } while (true);
    }

    @Override
    public void close() {
        app.ifPresent(ChildProcess::close);
        registry.ifPresent(ChildProcess::close);
        broker.ifPresent(ChildProcess::close);
        http.close();
    }
}
