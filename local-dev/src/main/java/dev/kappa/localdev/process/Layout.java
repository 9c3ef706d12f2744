package dev.kappa.localdev.process;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where things are on this machine.
 *
 * @param registry the unpacked registry application
 * @param archives where JVMs keep their loaded classes for the next start; absent where the class path has directories,
 *     which they cannot keep
 * @param data what broker, registry and app keep
 */
public record Layout(Path registry, Optional<Path> archives, Path data) {

    /** Layout of the checkout this process was started from. */
    public static Layout of(Path data) {
        Path build = Path.of(System.getProperty("kappa.home", "."), "local-dev", "target");
        // Archives are part of the build: they fit the jars they were made from, and no others.
        return new Layout(build.resolve("registry"), Optional.of(build), data);
    }

    /** Logs of the child processes. */
    public Path logs() {
        return data.resolve("logs");
    }

    Optional<Path> archive(String program) {
        return archives.map(directory -> directory.resolve("kappa-" + program + ".jsa"));
    }

    /** The class path of this process serves the broker and the app too. */
    public String classPath() {
        return System.getProperty("java.class.path");
    }
}
