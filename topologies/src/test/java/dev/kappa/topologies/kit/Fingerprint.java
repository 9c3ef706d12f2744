package dev.kappa.topologies.kit;

import dev.kappa.topologies.ParameterValues;
import dev.kappa.topologies.Store;
import dev.kappa.topologies.ViewDefinition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Everything that a version's fingerprint is made of, as text, and the same from other JVMs. An instance runs a version only if
 * its own definition has the version's fingerprint, so another JVM, locale, time zone or order of hash codes must not change it.
 */
final class Fingerprint {

    /** Whatever a definition may wrongly depend on is different. */
    private static final List<String> ELSEWHERE = List.of(
            "-Duser.language=tr",
            "-Duser.country=TR",
            "-Duser.timezone=Asia/Kathmandu",
            "-Dfile.encoding=UTF-16",
            "-XX:+UnlockExperimentalVMOptions",
            "-XX:hashCode=2",
            "-XX:TieredStopAtLevel=1");

    private Fingerprint() {}

    /** Prints what the fingerprint of a definition is made of; the argument is the name of its class. */
    public static void main(String[] arguments) throws ReflectiveOperationException {
        ViewDefinition definition = Class.forName(arguments[0])
                .asSubclass(ViewDefinition.class)
                .getDeclaredConstructor()
                .newInstance();
        byte[] text = of(definition).getBytes(StandardCharsets.UTF_8);
        System.out.write(text, 0, text.length);
        System.out.flush();
    }

    static String of(ViewDefinition definition) {
        var lines = new ArrayList<String>();
        lines.add(definition.name() + " " + definition.revision());
        ParameterValues.of(definition, Map.of()).asText().forEach((name, value) -> lines.add(name + "=" + value));
        for (Store<?, ?> store : definition.stores()) {
            lines.add(
                    store.name() + " " + store.kind().text() + " " + store.key().schema() + store.valueSchema());
        }
        lines.add(definition.output().key().schema().toString());
        lines.add(definition.output().value().schema().toString());
        lines.add(ViewTestDriver.topology(definition, Map.of(), ViewTestDriver.serdes())
                .describe()
                .toString());
        return String.join("\n", lines);
    }

    /** The same text from another JVM, of a JDK. */
    static String elsewhere(Path jdk, ViewDefinition definition) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(jdk.resolve("bin/java").toString()));
        command.addAll(ELSEWHERE);
        command.addAll(List.of(
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Fingerprint.class.getName(),
                definition.getClass().getName()));
        Path errors = Files.createTempFile("kappa-kit", ".txt");
        try {
            Process process =
                    new ProcessBuilder(command).redirectError(errors.toFile()).start();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException(String.join(" ", command) + ":\n" + Files.readString(errors));
            }
            return text;
        } finally {
            Files.delete(errors);
        }
    }

    /** This JDK, and those beside it that are not older. */
    static List<Path> jdks() throws IOException {
        Path own = Path.of(System.getProperty("java.home")).toRealPath();
        try (Stream<Path> beside = Files.list(own.resolveSibling(""))) {
            var jdks = new ArrayList<>(List.of(own));
            for (Path jdk : beside.filter(path -> !path.equals(own)).sorted().toList()) {
                if (!Files.isSymbolicLink(jdk)
                        && featureOf(jdk) >= Runtime.version().feature()) {
                    jdks.add(jdk);
                }
            }
            return jdks;
        }
    }

    private static int featureOf(Path jdk) throws IOException {
        Path release = jdk.resolve("release");
        if (!Files.isExecutable(jdk.resolve("bin/java")) || !Files.exists(release)) {
            return 0;
        }
        return Files.readAllLines(release).stream()
                .filter(line -> line.startsWith("JAVA_VERSION="))
                .map(line ->
                        Runtime.Version.parse(line.replaceAll("[^0-9.]", "")).feature())
                .findFirst()
                .orElse(0);
    }
}
