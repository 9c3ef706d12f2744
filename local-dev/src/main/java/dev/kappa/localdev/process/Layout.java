package dev.kappa.localdev.process;

import java.nio.file.Path;

/**
 * Where things are on this machine.
 *
 * @param build this module's build output, with the registry unpacked in it
 * @param data what broker, registry and app keep
 */
public record Layout(Path build, Path data) {

    /** Layout of the checkout this process was started from. */
    public static Layout of(Path data) {
        return new Layout(Path.of(System.getProperty("kappa.home", "."), "local-dev", "target"), data);
    }

    Path registry() {
        return build.resolve("registry");
    }

    /** Logs of the child processes. */
    public Path logs() {
        return data.resolve("logs");
    }

    /** Class archives are part of the build: they fit the jars they were made from, and no others. */
    Path archive(String program) {
        return build.resolve("kappa-" + program + ".jsa");
    }

    /** The class path of this process serves the broker and the app too. */
    String classPath() {
        return System.getProperty("java.class.path");
    }
}
