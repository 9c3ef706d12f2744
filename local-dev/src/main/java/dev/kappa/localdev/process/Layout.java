package dev.kappa.localdev.process;

import java.nio.file.Path;

/**
 * Where things are on this machine.
 *
 * @param registry the unpacked registry application
 * @param archives where JVMs keep their loaded classes for the next start
 * @param classPath serves the broker and the app; of jars alone, since classes of directories are not kept for the next
 *     start
 * @param data what broker, registry and app keep
 */
public record Layout(Path registry, Path archives, String classPath, Path data) {

    /** Layout of the checkout this process was started from. */
    public static Layout of(Path data) {
        Path build = Path.of(System.getProperty("kappa.home", "."), "local-dev", "target");
        // Archives are part of the build: they fit the jars they were made from, and no others.
        return new Layout(build.resolve("registry"), build, System.getProperty("java.class.path"), data);
    }

    /** Logs of the child processes. */
    public Path logs() {
        return data.resolve("logs");
    }

    /** Where one program's JVM keeps its loaded classes. */
    Path archive(String program) {
        return archives.resolve("kappa-" + program + ".jsa");
    }
}
