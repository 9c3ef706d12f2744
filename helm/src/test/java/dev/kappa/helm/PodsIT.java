package dev.kappa.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.localdev.process.ChildProcess;
import dev.kappa.localdev.process.Layout;
import dev.kappa.localdev.process.LocalBroker;
import dev.kappa.localdev.process.LocalRegistry;
import dev.kappa.localdev.process.Ports;
import dev.kappa.reprocessing.command.Kappa;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the chart renders is run, on a real broker, from the tree that the image holds: installed, upgraded to another image pod by
 * pod, scaled up and down, given a pool for a replay, and kept from a bad upgrade by the hook. All the while readers ask whatever
 * pods are ready, and no request may fail. Needs {@code -Pimage}.
 */
@Tag("image")
class PodsIT {

    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final int AUTHORS = 5_000;
    private static final String ENTRIES = "/api/v1/views/author-mood/stores/moods/entries/";
    private static final Path HOME = Path.of("..").toAbsolutePath().normalize();

    @TempDir
    Path directory = Path.of("");

    private String kafka = "";
    private String registry = "";
    private List<JsonNode> objects = List.of();

    @Test
    void podsAreInstalledUpgradedScaledAndReplayed() throws Exception {
        Path image = directory.resolve("image-1");
        run(
                directory.resolve("assemble.log"),
                HOME.resolve("app/image/assemble").toString(),
                image.toString());
        Path next = copy(image, "image-2");
        Path bad = without(copy(image, "image-3"), "HashtagTrends");

        Layout layout = Layout.of(HOME, directory.resolve("cluster"));
        int kafkaPort = Ports.free();
        int registryPort = Ports.free();
        try (ChildProcess broker = LocalBroker.start(layout, kafkaPort)) {
            LocalBroker.await(broker, kafkaPort);
            try (ChildProcess schemas = LocalRegistry.start(layout, registryPort)) {
                LocalRegistry.await(schemas, registryPort);
                kafka = "127.0.0.1:" + kafkaPort;
                registry = "http://127.0.0.1:" + registryPort;
                objects = render();
                try (var pods = new Pods(directory.resolve("pods"))) {
                    live(pods, image, next, bad);
                }
            }
        }
    }

    private void live(Pods pods, Path image, Path next, Path bad) throws Exception {
        JsonNode main = object("StatefulSet/release-kappa-main");
        JsonNode replay = object("StatefulSet/release-kappa-replay");
        JsonNode check = object("Job/release-kappa-check-main");

        assertThat(pods.run(check, image, objects))
                .as(() -> "the check before the first install: " + pods.logOf("release-kappa-check-main"))
                .isZero();
        for (int ordinal = 0; ordinal < 3; ordinal++) {
            pods.start(main, ordinal, image, objects);
        }
        await().atMost(PATIENCE).until(() -> pods.ready().size() == 3);
        load();
        await().atMost(PATIENCE)
                .until(() -> pods.ready()
                                        .getFirst()
                                        .send(ENTRIES + author(AUTHORS - 1))
                                        .statusCode()
                                == 200
                        && pods.ready().getFirst().send(ENTRIES + author(0)).statusCode() == 200);
        await().atMost(PATIENCE)
                .until(() -> pods.ready().stream().mapToDouble(PodsIT::restored).sum() > AUTHORS / 2.0);

        try (var readers = new Readers(pods)) {
            for (int ordinal = 2; ordinal >= 0; ordinal--) {
                String name = "release-kappa-main-" + ordinal;
                pods.terminate(name);
                Pods.Pod started = pods.start(main, ordinal, next, objects);
                await().atMost(PATIENCE).until(started::isReady);
                System.out.printf(
                        "FIGURE %s restarted from its volume, %.0f records restored%n", name, restored(started));
            }
            readers.say("rolling upgrade");

            pods.start(main, 3, next, objects);
            pods.start(main, 4, next, objects);
            await().atMost(PATIENCE).until(() -> pods.ready().size() == 5);
            readers.say("scaled from 3 to 5");
            pods.terminate("release-kappa-main-4", "release-kappa-main-3", "release-kappa-main-2");
            readers.say("scaled from 5 to 2");

            Pods.Pod replayer = pods.start(replay, 0, next, objects);
            await().atMost(PATIENCE).until(replayer::isReady);
            kappa("replay", "start", "author-mood", "--set", "half-life=P2D", "--watch");
            kappa("replay", "switch", "author-mood");
            readers.say("replayed and switched");
            pods.terminate("release-kappa-replay-0");
            await().atMost(PATIENCE).until(() -> pods.ready().size() == 2);
            readers.say("the replay's pool taken away");
        }

        assertThat(pods.run(check, next, objects))
                .as(() -> "the check before an upgrade: " + pods.logOf("release-kappa-check-main"))
                .isZero();
        assertThat(pods.run(check, bad, objects))
                .as("the check before a bad upgrade")
                .isEqualTo(1);
        assertThat(pods.logOf("release-kappa-check-main")).contains("hashtag-trends.v1: NEEDS_REPLAY");
    }

    /** Ask as long as they are open; every answer has to be right. */
    private static final class Readers implements AutoCloseable {
        private final Pods pods;
        private final Thread thread = Thread.ofVirtual().unstarted(this::read);
        private final AtomicLong answers = new AtomicLong();
        private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
        private volatile boolean closing;

        Readers(Pods pods) {
            this.pods = pods;
            thread.start();
        }

        private void read() {
            var random = new Random(1);
            while (!closing) {
                List<Pods.Pod> ready = pods.ready();
                for (int i = 0; i < 20 && !ready.isEmpty() && !closing; i++) {
                    Pods.Pod pod = ready.get(random.nextInt(ready.size()));
                    String author = author(random.nextInt(AUTHORS));
                    try {
                        var answer = pod.send(ENTRIES + author);
                        answers.incrementAndGet();
                        if (answer.statusCode() != 200 || !answer.body().contains(author)) {
                            failures.add(
                                    Instant.now() + " " + pod.uri() + " " + answer.statusCode() + " " + answer.body());
                        }
                    } catch (IOException e) {
                        failures.add(Instant.now() + " " + pod.uri() + " " + e);
                    }
                }
            }
        }

        void say(String what) {
            System.out.printf("FIGURE %s: %d reads, %d failed%n", what, answers.get(), failures.size());
            assertThat(failures).as(what).isEmpty();
        }

        @Override
        public void close() {
            closing = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static double restored(Pods.Pod pod) {
        try {
            return pod.metric("kappa_view_restored_total");
        } catch (IOException e) {
            return 0;
        }
    }

    private List<JsonNode> render() throws IOException {
        Path values = directory.resolve("values.yaml");
        Files.writeString(
                values,
                "kafka: {bootstrapServers: '" + kafka + "', registry: '" + registry + "'}\n"
                        + "security: {mode: none}\n"
                        + "settings: {topics.replication-factor: 1, samples: true, topics.create-inputs: true}\n"
                        + "pools: {main: {}, replay: {role: replay, check: false}}\n");
        return Chart.parsed(Chart.render(values));
    }

    private JsonNode object(String name) {
        return objects.stream()
                .filter(object -> Chart.name(object).equals(name))
                .findAny()
                .orElseThrow();
    }

    private static String author(int number) {
        return "author-%05d".formatted(number);
    }

    private void load() throws IOException {
        Path file = directory.resolve("posts.csv");
        var lines = new ArrayList<>(List.of("postId,author,createdAt"));
        for (int i = 0; i < AUTHORS; i++) {
            lines.add("p" + i + "," + author(i) + ","
                    + Instant.parse("2026-01-01T00:00:00Z").plusMillis(i));
        }
        Files.write(file, lines);
        kappa("load", "posts", file.toString());
    }

    private void kappa(String... arguments) {
        var all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--bootstrap-server", kafka, "--schema-registry", registry, "--yes"));
        assertThat(Kappa.run(all.toArray(String[]::new)))
                .as(String.join(" ", arguments))
                .isZero();
    }

    private static void run(Path log, String... command) throws IOException, InterruptedException {
        int exitCode = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start()
                .waitFor();
        assertThat(exitCode).as(Files.readString(log)).isZero();
    }

    private Path copy(Path image, String name) throws IOException, InterruptedException {
        Path copy = directory.resolve(name);
        // With the times of the files, which the AOT cache is checked against.
        run(directory.resolve("copy.log"), "cp", "-a", image.toString(), copy.toString());
        return copy;
    }

    /** A build that has forgotten a view. */
    private static Path without(Path image, String definition) throws IOException {
        try (Stream<Path> jars = Files.list(image.resolve("app"))) {
            Path jar = jars.filter(file -> file.getFileName().toString().startsWith("kappa-samples"))
                    .findAny()
                    .orElseThrow();
            try (FileSystem archive = FileSystems.newFileSystem(URI.create("jar:" + jar.toUri()), Map.of())) {
                Path services = archive.getPath("META-INF/services/dev.kappa.topologies.ViewDefinition");
                List<String> kept = Files.readAllLines(services).stream()
                        .filter(line -> !line.endsWith("." + definition))
                        .toList();
                Files.write(services, kept);
            }
        }
        return image;
    }
}
