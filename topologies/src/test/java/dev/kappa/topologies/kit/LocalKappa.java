package dev.kappa.topologies.kit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Broker, registry and instances of the app on this machine, each a process, for tests of views. All of it is run by the
 * launcher, {@code kappa}, in Kappa's folder, which has to be built.
 */
public final class LocalKappa implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Pattern READY = Pattern.compile("READY kafka=(\\S+) registry=(\\S+)");
    private static final Pattern LISTENS = Pattern.compile("HTTP server is up: address=(\\S+)");
    private static final int CONFLICT = 409;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path home;
    private final String classPath;
    private final boolean isOfSamples;
    private final Path data;
    private final Process up;
    private final String kafka;
    private final String registry;
    private final HttpClient http = HttpClient.newHttpClient();
    private final List<Instance> instances = new ArrayList<>();

    /**
     * Starts broker and registry.
     *
     * @param home Kappa's folder
     * @param views the classes or jars of these come on the class path
     * @param data where everything is kept, also the logs
     * @throws IllegalStateException when it does not start, with what it said
     */
    public LocalKappa(Path home, List<? extends ViewSpec> views, Path data) throws IOException {
        this.home = home.toAbsolutePath().normalize();
        this.data = data;
        this.isOfSamples = views.stream()
                .anyMatch(view -> view.definition().getClass().getPackageName().startsWith("dev.kappa.samples."));
        this.classPath = views.stream()
                .map(view -> locationOf(view.definition().getClass()))
                .distinct()
                .collect(Collectors.joining(File.pathSeparator));
        Path log = data.resolve("up.log");
        var arguments = new ArrayList<>(List.of("up", "--no-app", "--kafka-port", "0", "--registry-port", "0"));
        // Its addresses are of no use to others.
        arguments.addAll(List.of("--ephemeral", "--data-dir", data.toString()));
        this.up = launcher(arguments, Map.of()).redirectOutput(log.toFile()).start();
        Matcher ready = await("kappa up is ready", log, up, () -> READY.matcher(Files.readString(log)), Matcher::find);
        this.kafka = ready.group(1);
        this.registry = ready.group(2);
    }

    /** The broker's address. */
    public String kafka() {
        return kafka;
    }

    /** The schema registry's address. */
    public String registry() {
        return registry;
    }

    /**
     * Starts an instance and waits until it is ready.
     *
     * @param name names its state, which an instance of the same name takes up again
     * @param parameters of the first versions, as {@code view.parameter}
     * @param settings of the app, as environment variables
     */
    public Instance start(String name, Map<String, String> parameters, Map<String, String> settings)
            throws IOException {
        var arguments = new ArrayList<>(List.of("run", "--port", "0"));
        if (isOfSamples) {
            arguments.add("--samples");
        }
        arguments.addAll(List.of("--bootstrap-server", kafka, "--schema-registry", registry));
        arguments.addAll(List.of("--state-dir", data.resolve("state-" + name).toString()));
        parameters.forEach((parameter, value) -> arguments.addAll(List.of("--set", parameter + "=" + value)));
        Path log = data.resolve("app-" + instances.size() + ".log");
        var all = new HashMap<>(settings);
        all.putIfAbsent("KAPPA_TOPICS_CREATE_INPUTS", "true");
        var process = launcher(arguments, all).redirectOutput(log.toFile()).start();
        Matcher up = await(
                "instance " + name + " listens",
                log,
                process,
                () -> LISTENS.matcher(Files.readString(log)),
                Matcher::find);
        var instance = new Instance(process, up.group(1));
        instances.add(instance);
        await("instance " + name + " is ready", log, process, instance::isReady, ready -> ready);
        return instance;
    }

    /** An instance of the app. */
    public final class Instance {
        private final Process process;
        private final String address;

        private Instance(Process process, String address) {
            this.process = process;
            this.address = address;
        }

        /** As kill -9 does. */
        public void kill() {
            process.destroyForcibly();
            process.onExit().join();
        }

        /** The answer to a request. */
        public JsonNode get(String path) throws IOException {
            return body(answer(request(path).GET().build()));
        }

        /**
         * The answer to an operator's request. When something else changed the view in the same moment (an instance that found
         * it caught up, say), nothing was done, and it is asked again.
         */
        public JsonNode post(String path, String json) throws IOException {
            var request = request(path)
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(json))
                    .build();
            HttpResponse<String> answer = answer(request);
            while (answer.statusCode() == CONFLICT) {
                answer = answer(request);
            }
            return body(answer);
        }

        private HttpRequest.Builder request(String path) {
            return HttpRequest.newBuilder(URI.create(address + path));
        }

        private HttpResponse<String> answer(HttpRequest request) throws IOException {
            try {
                return http.send(request, HttpResponse.BodyHandlers.ofString());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("Interrupted", e);
            }
        }

        private static JsonNode body(HttpResponse<String> answer) throws IOException {
            if (answer.statusCode() >= 300) {
                throw new IOException(answer.request() + ": " + answer.statusCode() + " " + answer.body());
            }
            return JSON.readTree(answer.body());
        }

        private boolean isReady() {
            try {
                return !get("/health/readiness").isMissingNode();
            } catch (IOException notYet) {
                return false;
            }
        }
    }

    @Override
    public void close() {
        instances.forEach(instance -> stop(instance.process));
        stop(up);
        http.close();
    }

    private static void stop(Process process) {
        process.destroy();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private ProcessBuilder launcher(List<String> arguments, Map<String, String> settings) {
        var command = new ArrayList<>(List.of(home.resolve("kappa").toString()));
        command.addAll(arguments);
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("KAPPA_CLASSPATH", classPath);
        // A test must not build what it tests.
        builder.environment().put("KAPPA_NO_BUILD", "1");
        builder.environment().putAll(settings);
        return builder;
    }

    private static <T> T await(String what, Path log, Process process, Callable<T> current, Predicate<T> holds)
            throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try {
            while (true) {
                T now = current.call();
                if (holds.test(now)) {
                    return now;
                }
                if (!process.isAlive() || System.nanoTime() > deadline) {
                    process.destroyForcibly();
                    throw new IllegalStateException("Not so: " + what + ". It said:\n" + Files.readString(log));
                }
                Thread.sleep(100);
            }
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static String locationOf(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new UncheckedIOException(new IOException(e));
        }
    }
}
