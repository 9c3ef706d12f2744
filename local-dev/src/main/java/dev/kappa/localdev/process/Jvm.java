package dev.kappa.localdev.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** JVM arguments for processes on a developer's machine: start fast, stay small. */
final class Jvm {

    private Jvm() {}

    /**
     * Arguments for a program.
     *
     * @param heap largest heap, such as {@code 512m}
     * @param archive file in which the JVM keeps its loaded classes for the next start
     * @param more further arguments
     */
    static List<String> arguments(String heap, Optional<Path> archive, String... more) {
        var arguments = new ArrayList<>(List.of(
                "-Xmx" + heap,
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow"));
        archive.ifPresent(file -> arguments.addAll(List.of(
                "-XX:+AutoCreateSharedArchive",
                "-XX:SharedArchiveFile=" + file,
                "-Xlog:cds=off",
                "-Xlog:cds+dynamic=off")));
        arguments.addAll(List.of(more));
        return arguments;
    }
}
