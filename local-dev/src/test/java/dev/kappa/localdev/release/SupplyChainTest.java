package dev.kappa.localdev.release;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.reprocessing.cluster.Sha256;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What others have made, and this build uses, is pinned. */
class SupplyChainTest {

    private static final Path HOME = Path.of("..");

    /** Maven 3.9.2 and newer verify the same list before they use a file; older releases do not. */
    @Test
    void jarsHaveTheListedSums() throws Exception {
        // Lines are "SUM  GROUP/ARTIFACT/VERSION/FILE"; files have their version in their name.
        Map<String, String> listed = Files.readAllLines(HOME.resolve(".mvn/checksums/checksums.sha256")).stream()
                .map(line -> line.split(" {2}", 2))
                .collect(Collectors.toMap(line -> line[1], line -> line[0]));
        assertThat(listed).hasSizeGreaterThan(500);

        var wrong = new TreeMap<String, String>();
        List<Path> jars = jars();
        for (Path jar : jars) {
            String sum = Sha256.of(Files.readAllBytes(jar));
            Optional<String> expected = listed.entrySet().stream()
                    .filter(entry -> jar.endsWith(entry.getKey()))
                    .map(Map.Entry::getValue)
                    .findFirst();
            if (!expected.equals(Optional.of(sum))) {
                wrong.put(jar.toString(), expected.map(text -> "sum is " + sum).orElse("not listed"));
            }
        }
        assertThat(jars).hasSizeGreaterThan(100);
        assertThat(wrong).as("CONTRIBUTING.md says how to write the list").isEmpty();
    }

    /** What the instances, the commands and the tests run with, but not what this build has made. */
    private static List<Path> jars() {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return Stream.of(classPath.split(File.pathSeparator, -1))
                .map(Path::of)
                .filter(Files::isRegularFile)
                .filter(jar -> !jar.getFileName().toString().startsWith("kappa-"))
                .toList();
    }

    @Test
    void baseImagesArePinnedByDigest() throws IOException {
        List<String> lines = Files.readAllLines(HOME.resolve("app/Dockerfile"));
        List<String> bases = lines.stream()
                .filter(line -> line.startsWith("FROM "))
                .map(line -> line.split(" ", 3)[1])
                .toList();
        List<String> stages = lines.stream()
                .filter(line -> line.startsWith("FROM ") && line.contains(" AS "))
                .map(line -> line.split(" AS ", 2)[1])
                .toList();
        assertThat(bases.stream().filter(image -> !stages.contains(image)))
                .hasSize(2)
                .allMatch(image -> image.matches("[^@]+@sha256:[0-9a-f]{64}"));
        // The syntax of a Dockerfile can name an image, too.
        assertThat(lines).noneMatch(line -> line.startsWith("# syntax="));
    }
}
