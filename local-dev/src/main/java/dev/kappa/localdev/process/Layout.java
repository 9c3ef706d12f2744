package dev.kappa.localdev.process;

import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where things are on this machine.
 *
 * @param registry the unpacked registry application
 * @param archives where JVMs keep their loaded classes for the next start
 * @param classPath serves the broker and the app; where it has directories, no classes are kept for the next start
 * @param data what broker, registry and app keep
 * @param host where they run
 */
public record Layout(Path registry, Path archives, String classPath, Path data, Host host) {

    /**
     * Layout of the checkout this process was started from by its launcher.
     *
     * @param views jars with views of the user
     */
    public static Layout of(Path data, List<Path> views) {
        Path build = build(Path.of(System.getProperty("kappa.home", ".")));
        String classPath = Stream.concat(
                        Stream.of(System.getProperty("java.class.path")),
                        views.stream().map(Path::toString))
                .collect(Collectors.joining(File.pathSeparator));
        // Archives are part of the build: they fit the jars they were made from, and no others.
        return new Layout(build.resolve("registry"), build, classPath, data, Host.LOOPBACK);
    }

    /**
     * Layout of a checkout for a process that its launcher has not started, such as a test. What it starts runs from the built jars, and shares the
     * archives of what the launcher starts.
     *
     * @param home the checkout, which has been built
     * @param data what broker, registry and app keep
     */
    public static Layout of(Path home, Path data) {
        Path build = build(home.toAbsolutePath().normalize());
        return new Layout(build.resolve("registry"), build, classPath(build), data, Host.LOOPBACK);
    }

    /** The class path with which the launcher of a checkout starts. */
    private static String classPath(Path build) {
        return build.resolve("kappa-local-dev.jar") + File.pathSeparator + build.resolve("lib") + File.separator + "*";
    }

    private static Path build(Path home) {
        return home.resolve("local-dev").resolve("target");
    }

    /** The same, for what keeps its data elsewhere. */
    public Layout in(Path otherData) {
        return new Layout(registry, archives, classPath, otherData, host);
    }

    /**
     * The same with another class path.
     *
     * @param otherArchives a directory for that class path, or for one with which it begins
     */
    public Layout with(String otherClassPath, Path otherArchives) {
        return new Layout(registry, otherArchives, otherClassPath, data, host);
    }

    /** The same, for what runs elsewhere. */
    public Layout on(Host otherHost) {
        return new Layout(registry, archives, classPath, data, otherHost);
    }

    /** Logs of the child processes. */
    public Path logs() {
        return data.resolve("logs");
    }

    /** Where the JVM of one program, such as {@code app}, keeps its loaded classes. */
    public Path archive(String program) {
        return archives.resolve("kappa-" + program + ".jsa");
    }
}
