package dev.kappa.localdev.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** JVM arguments for processes on a developer's machine: start fast, stay small. */
public final class Jvm {

    /** Variable with more options for all of them, separated by spaces. */
    private static final String OPTIONS = "KAPPA_UP_JAVA_OPTS";

    private static final Pattern SPACE = Pattern.compile(" ");

    private Jvm() {}

    /**
     * Arguments for a program.
     *
     * @param heap largest heap, such as {@code 512m}
     * @param more further arguments
     */
    static List<String> arguments(String heap, String... more) {
        var arguments = new ArrayList<>(List.of(
                "-Xmx" + heap,
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:TrimNativeHeapInterval=60000",
                // It would say where the C library cannot do so.
                "-Xlog:trimnative=off"));
        arguments.addAll(List.of(more));
        Optional.ofNullable(System.getenv(OPTIONS)).stream()
                .flatMap(SPACE::splitAsStream)
                .filter(option -> !option.isEmpty())
                .forEach(arguments::add);
        return arguments;
    }

    /**
     * Arguments for a program whose loaded classes are kept for the next start.
     *
     * @param archive file with the classes
     * @param isWriter whether the program writes the file at its end, unless it is there
     */
    public static List<String> archive(Path archive, boolean isWriter) {
        if (!isWriter && !Files.exists(archive)) {
            return List.of();
        }
        var arguments =
                new ArrayList<>(List.of("-XX:SharedArchiveFile=" + archive, "-Xlog:cds=off", "-Xlog:cds+dynamic=off"));
        if (isWriter) {
            arguments.add("-XX:+AutoCreateSharedArchive");
        }
        return arguments;
    }
}
