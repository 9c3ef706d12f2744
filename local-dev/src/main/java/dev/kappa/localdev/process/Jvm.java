package dev.kappa.localdev.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** JVM arguments for processes on a developer's machine: start fast, stay small. */
final class Jvm {

    /** Variable with more options for all of them, separated by spaces. */
    private static final String OPTIONS = "KAPPA_UP_JAVA_OPTS";

    private static final Pattern SPACE = Pattern.compile(" ");

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
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:TrimNativeHeapInterval=60000",
                // It would say where the C library cannot do so.
                "-Xlog:trimnative=off",
                "-XX:+AutoCreateSharedArchive",
                "-XX:SharedArchiveFile=" + archive,
                "-Xlog:cds=off",
                "-Xlog:cds+dynamic=off"));
        arguments.addAll(List.of(more));
        Optional.ofNullable(System.getenv(OPTIONS)).stream()
                .flatMap(SPACE::splitAsStream)
                .filter(option -> !option.isEmpty())
                .forEach(arguments::add);
        return arguments;
    }
}
