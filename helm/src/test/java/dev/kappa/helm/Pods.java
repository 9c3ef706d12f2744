package dev.kappa.helm;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Runs rendered pods as processes of this machine, as a kubelet would run them in containers: with their arguments, environment,
 * files, probes and ends. What a container would keep apart is kept apart by other means: each pod has a loopback address of its
 * own, its mounts are directories that take the place of their paths in arguments, environment and files, and the names of pods
 * are known by a file of hosts. Where the tests may do so, pods run as the chart's user, without capabilities, and can write only
 * what is mounted for it.
 */
final class Pods implements AutoCloseable {

    private static final int PORT = 8080;

    private final Path directory;
    private final Path hosts;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
    private final boolean mayChangeUser =
            "root".equals(System.getProperty("user.name")) && Files.isExecutable(Path.of("/usr/bin/setpriv"));
    private final Map<String, Pod> running = new ConcurrentSkipListMap<>();
    private final Map<String, String> addresses = new TreeMap<>();

    Pods(Path directory) {
        this.directory = directory;
        this.hosts = directory.resolve("hosts");
    }

    /** One pod that runs. */
    final class Pod {
        private final JsonNode container;
        private final int grace;
        private final String address;
        private final Process process;
        private final Path log;
        private volatile boolean terminating;

        private Pod(JsonNode container, int grace, String address, Process process, Path log) {
            this.container = container;
            this.grace = grace;
            this.address = address;
            this.process = process;
            this.log = log;
        }

        boolean isReady() {
            return !terminating && probe("readinessProbe");
        }

        private boolean probe(String name) {
            JsonNode get = container.path(name).path("httpGet");
            try {
                return send(get.path("path").asText()).statusCode() < 400;
            } catch (IOException e) {
                return false;
            }
        }

        HttpResponse<String> send(String path) throws IOException {
            try {
                return http.send(
                        HttpRequest.newBuilder(URI.create("http://" + address + ":" + PORT + path))
                                .timeout(Duration.ofSeconds(10))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException(e);
            }
        }

        /** The sum of a metric over its tags. */
        double metric(String name) throws IOException {
            return send("/prometheus")
                    .body()
                    .lines()
                    .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
        }

        String uri() {
            return "http://" + address + ":" + PORT;
        }

        /** Out of the services at once, then what preStop says, then the signal. */
        private void terminate() {
            terminating = true;
            try {
                Thread.sleep(Duration.ofSeconds(
                        container.at("/lifecycle/preStop/sleep/seconds").asInt()));
                process.destroy();
                if (!process.waitFor(grace, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new AssertionError("Killed after " + grace + " s; see " + log);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                process.destroyForcibly();
            }
        }
    }

    /** Starts a pod of a StatefulSet, with the state that the last one of its name has left. */
    Pod start(JsonNode statefulSet, int ordinal, Path image, Collection<JsonNode> objects) throws IOException {
        String name = statefulSet.at("/metadata/name").asText() + "-" + ordinal;
        JsonNode spec = statefulSet.at("/spec/template/spec");
        String address = addresses.computeIfAbsent(name, _ -> "127.0.0." + (20 + addresses.size()));
        String service = statefulSet.at("/spec/serviceName").asText();
        var lines = new ArrayList<String>();
        addresses.forEach((pod, ip) -> lines.add(ip + " " + pod + "." + service + ".views.svc"));
        Files.write(hosts, lines);
        var pod = new Pod(
                spec.at("/containers/0"),
                spec.path("terminationGracePeriodSeconds").asInt(),
                address,
                launch(name, spec, address, image, objects),
                directory.resolve(name).resolve("log"));
        running.put(name, pod);
        return pod;
    }

    /** Runs a Job's pod to its end; the result is its exit code, and what it has printed is in the log. */
    int run(JsonNode job, Path image, Collection<JsonNode> objects) throws IOException, InterruptedException {
        String name = job.at("/metadata/name").asText();
        return launch(name, job.at("/spec/template/spec"), "127.0.0.1", image, objects)
                .waitFor();
    }

    String logOf(String pod) {
        try {
            return Files.readString(directory.resolve(pod).resolve("log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Process launch(String name, JsonNode spec, String address, Path image, Collection<JsonNode> objects)
            throws IOException {
        JsonNode container = spec.at("/containers/0");
        Path home = directory.resolve(name);
        Files.createDirectories(home);
        for (Path above : List.of(directory.resolve(".."), directory, home)) {
            Files.setPosixFilePermissions(above, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        String user = spec.at("/securityContext/runAsUser").asText();
        var paths = new HashMap<String, String>();
        for (JsonNode mount : container.path("volumeMounts")) {
            String volume = mount.path("name").asText();
            Path local = home.resolve(volume);
            String path = mount.path("mountPath").asText();
            if (mount.has("subPath")) {
                String file = mount.path("subPath").asText();
                Files.writeString(
                        local, configMap(spec, volume, objects).path(file).asText());
            } else {
                Files.createDirectories(local);
                if (mayChangeUser && !mount.path("readOnly").asBoolean()) {
                    Files.setAttribute(local, "unix:uid", Integer.parseInt(user));
                }
            }
            paths.put(path, local.toString());
        }
        paths.put("--host=0.0.0.0", "--host=" + address);

        var environment = new HashMap<String, String>();
        for (JsonNode variable : container.path("env")) {
            String field = variable.at("/valueFrom/fieldRef/fieldPath").asText();
            environment.put(
                    variable.path("name").asText(),
                    switch (field) {
                        case "metadata.name" -> name;
                        case "metadata.namespace" -> "views";
                        default -> variable.path("value").asText();
                    });
        }
        var command = new ArrayList<String>();
        if (mayChangeUser) {
            command.addAll(List.of(
                    "setpriv",
                    "--reuid=" + user,
                    "--regid=" + user,
                    "--clear-groups",
                    "--bounding-set=-all",
                    "--no-new-privs"));
        }
        command.add(image.resolve("bin/kappa").toString());
        container.path("args").forEach(argument -> {
            String text = argument.asText();
            for (Map.Entry<String, String> variable : environment.entrySet()) {
                text = text.replace("$(" + variable.getKey() + ")", variable.getValue());
            }
            command.add(replaced(text, paths));
        });
        var builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(variable -> variable.startsWith("KAPPA_"));
        builder.environment().putAll(environment);
        builder.environment()
                .merge(
                        "KAPPA_JAVA_OPTS",
                        "-Djdk.net.hosts.file=" + hosts + " -Djava.io.tmpdir=" + paths.get("/tmp")
                                + " -Xmx512m -XX:TieredStopAtLevel=1",
                        (given, more) -> given + " " + more);
        builder.redirectErrorStream(true);
        builder.redirectOutput(
                ProcessBuilder.Redirect.appendTo(home.resolve("log").toFile()));
        return builder.start();
    }

    /** In one go: what takes a path's place may contain another. */
    private static String replaced(String text, Map<String, String> paths) {
        String any = paths.keySet().stream()
                .sorted(Comparator.comparingInt(String::length).reversed())
                .map(Pattern::quote)
                .collect(Collectors.joining("|"));
        return Pattern.compile(any)
                .matcher(text)
                .replaceAll(found -> Matcher.quoteReplacement(paths.getOrDefault(found.group(), "")));
    }

    private static JsonNode configMap(JsonNode spec, String volume, Collection<JsonNode> objects) {
        for (JsonNode candidate : spec.path("volumes")) {
            if (candidate.path("name").asText().equals(volume)) {
                String name = candidate.at("/configMap/name").asText();
                return objects.stream()
                        .filter(object -> Chart.name(object).equals("ConfigMap/" + name))
                        .findAny()
                        .orElseThrow()
                        .path("data");
            }
        }
        throw new IllegalArgumentException(volume);
    }

    /** Those that the readers' service would choose from. */
    List<Pod> ready() {
        return running.values().stream().filter(Pod::isReady).toList();
    }

    /** Ends pods at the same time, as Kubernetes does, and waits for it. */
    void terminate(String... names) throws InterruptedException {
        var threads = new ArrayList<Thread>();
        var failures = new ArrayList<Throwable>();
        for (String name : names) {
            Pod pod = Optional.ofNullable(running.get(name)).orElseThrow();
            Thread thread = Thread.ofPlatform().unstarted(pod::terminate);
            thread.setUncaughtExceptionHandler((_, failure) -> {
                synchronized (failures) {
                    failures.add(failure);
                }
            });
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        List.of(names).forEach(running::remove);
        if (!failures.isEmpty()) {
            throw new AssertionError(failures.getFirst());
        }
    }

    @Override
    public void close() {
        running.values().forEach(pod -> pod.process.destroyForcibly());
        http.close();
    }
}
