package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kappa.reprocessing.command.Kappa;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Follows {@code docs/write-a-view.md} as written, in an empty folder. */
class WriteAViewIT {

    private static final Path HOME =
            Path.of(System.getProperty("kappa.home", "..")).toAbsolutePath().normalize();
    private static final Pattern BLOCK =
            Pattern.compile("<!-- (file: (\\S+)|run|start|prints) -->\n```\\w+\n(.*?)```", Pattern.DOTALL);
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir
    Path folder = Path.of("");

    @TempDir
    Path data = Path.of("");

    @TempDir
    Path repository = Path.of("");

    private String printed = "";
    private String lastCommand = "";
    private Map<String, String> addresses = Map.of();

    /** To the last command, which takes minutes. */
    @Test
    @Tag("soak")
    void tutorialIsTrue() throws Exception {
        fillRepository();
        String page = Files.readString(HOME.resolve("docs/write-a-view.md"));
        Process up = null;
        int blocks = 0;
        try {
            Matcher matcher = BLOCK.matcher(page);
            while (matcher.find()) {
                blocks++;
                String content = matcher.group(3);
                if (matcher.group(2) != null) {
                    Path file = folder.resolve(matcher.group(2));
                    Files.createDirectories(file.getParent());
                    Files.writeString(file, content);
                } else if (matcher.group(1).equals("start")) {
                    up = start(content.strip());
                } else if (matcher.group(1).equals("run")) {
                    for (String line : content.lines().toList()) {
                        run(line);
                    }
                } else if (matcher.group(1).equals("prints")) {
                    assertPrints(content.strip());
                }
            }
        } finally {
            if (up != null) {
                up.destroy();
                up.waitFor(60, TimeUnit.SECONDS);
            }
        }
        assertThat(blocks).as("blocks of the page").isGreaterThan(10);
    }

    /** What is asked for may take a moment to be there; the page's reader would ask again. */
    private void assertPrints(String expected) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            if (!printed.contains(expected)) {
                run(lastCommand);
            }
            assertThat(printed).contains(expected);
        });
    }

    private void run(String line) throws IOException, InterruptedException {
        lastCommand = line;
        List<String> words =
                List.of(line.replace("$KAPPA_HOME", HOME.toString()).split(" +"));
        var command = new ArrayList<String>();
        if (words.getFirst().equals("mvn")) {
            command.addAll(words);
            command.add("-Dmaven.repo.local=" + repository);
        } else {
            assertThat(words.getFirst()).isEqualTo("kappa");
            command.addAll(kappa());
            command.addAll(words.subList(1, words.size()));
        }
        Path output = folder.resolve("output.txt");
        Process process = builder(command).redirectOutput(output.toFile()).start();
        int exitCode = process.waitFor();
        printed = Files.readString(output, StandardCharsets.UTF_8);
        assertThat(exitCode).as(line + "\n" + printed).isZero();
    }

    /** The launcher's own command, which would build again in the middle of the build. */
    private List<String> kappa() {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dkappa.home=" + HOME,
                "-cp",
                System.getProperty("java.class.path"),
                Kappa.class.getName());
    }

    private Process start(String line) throws IOException {
        assertThat(line).startsWith("kappa up ");
        var command = new ArrayList<>(kappa());
        command.addAll(List.of(line.split(" +")).subList(1, line.split(" +").length));
        command.addAll(List.of("--port", "0", "--kafka-port", "0", "--registry-port", "0"));
        command.addAll(List.of("--data-dir", data.toString()));
        Path output = data.resolve("up.txt");
        Process process = builder(command).redirectOutput(output.toFile()).start();
        await().atMost(PATIENCE).until(() -> {
            String text = Files.readString(output);
            assertThat(process.isAlive()).as(text).isTrue();
            Matcher ready = Pattern.compile("READY app=(\\S+) kafka=(\\S+) registry=(\\S+)")
                    .matcher(text);
            if (ready.find()) {
                addresses = Map.of(
                        "KAPPA_SERVER", ready.group(1),
                        "KAPPA_KAFKA_BOOTSTRAP_SERVERS", ready.group(2),
                        "KAPPA_KAFKA_SCHEMA_REGISTRY_URL", ready.group(3));
                return true;
            }
            return false;
        });
        return process;
    }

    private ProcessBuilder builder(List<String> command) {
        var builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().putAll(addresses);
        return builder;
    }

    /** What is in the local repository, and our artifacts as they are built now. */
    private void fillRepository() throws IOException {
        Path local = Path.of(System.getProperty(
                "maven.repo.local",
                Path.of(System.getProperty("user.home"), ".m2", "repository").toString()));
        link(local, repository, "dev");
        Files.createDirectory(repository.resolve("dev"));
        link(local.resolve("dev"), repository.resolve("dev"), "kappa");
        Path ours = Files.createDirectory(repository.resolve("dev/kappa"));
        install(ours, "kappa", HOME.resolve("pom.xml"), "pom");
        for (String module : List.of("avro-schemas", "topologies")) {
            install(ours, "kappa-" + module, HOME.resolve(module + "/pom.xml"), "pom");
            install(ours, "kappa-" + module, HOME.resolve(module + "/target/kappa-" + module + "-0.1.0.jar"), "jar");
        }
        install(ours, "kappa-test-kit", HOME.resolve("topologies/kit/pom.xml"), "pom");
        install(
                ours,
                "kappa-topologies",
                HOME.resolve("topologies/target/kappa-topologies-0.1.0-tests.jar"),
                "-tests.jar");
    }

    private static void link(Path from, Path to, String except) throws IOException {
        if (!Files.exists(from)) {
            return;
        }
        try (Stream<Path> entries = Files.list(from)) {
            for (Path entry : entries.toList()) {
                if (!entry.getFileName().toString().equals(except)) {
                    Files.createSymbolicLink(to.resolve(entry.getFileName()), entry);
                }
            }
        }
    }

    private static void install(Path ours, String artifact, Path file, String ending) throws IOException {
        Path folder = Files.createDirectories(ours.resolve(artifact).resolve("0.1.0"));
        String suffix = ending.startsWith("-") ? ending : "." + ending;
        Files.copy(file, folder.resolve(artifact + "-0.1.0" + suffix));
    }
}
