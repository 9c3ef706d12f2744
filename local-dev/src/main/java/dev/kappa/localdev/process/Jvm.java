package dev.kappa.localdev.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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
    static List<String> arguments(String heap, Path archive, String... more) {
        var arguments = new ArrayList<>(List.of(
                "-Xmx" + heap,
                "-XX:+UseSerialGC",
                "-XX:+AutoCreateSharedArchive",
                "-XX:SharedArchiveFile=" + archive,
                "-Xlog:cds=off",
                "-Xlog:cds+dynamic=off",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow"));
        arguments.addAll(List.of(more));
        return arguments;
    }
}
