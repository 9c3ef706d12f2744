package dev.kappa.benchmarks;

import dev.kappa.localdev.process.ChildProcess;
import dev.kappa.localdev.process.ChildProcess.Program;
import dev.kappa.reprocessing.command.Kappa;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Somebody who runs the job: counts views per campaign and window, exactly once, with durable state. All have the same heap, the
 * JVM's own choice of a garbage collector, and as many threads as there are processors.
 */
enum Contender {
    /** A replay in an instance that runs, and has the version before. */
    KAPPA_REPLAY("Kappa, replay"),
    /** An instance that starts, and makes the first version. */
    KAPPA("Kappa, first start"),
    STREAMS("Kafka Streams"),
    STREAMS_TUNED("Kafka Streams, tuned"),
    FLINK_ROCKSDB("Flink, RocksDB"),
    FLINK_HEAP("Flink, heap state"),
    SPARK("Spark Structured Streaming");

    static final String HEAP = "2g";

    /** The view of Kappa that is the job. */
    static final String VIEW = "campaign-views";

    private static final String NAME = "Kappa";

    private static final List<String> JVM =
            List.of("-Xmx" + HEAP, "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");

    /** JVM options that Flink and Spark need on a JVM with modules. */
    private static final List<String> OPENED = List.of(
            "java.base/java.lang",
            "java.base/java.lang.invoke",
            "java.base/java.lang.reflect",
            "java.base/java.io",
            "java.base/java.net",
            "java.base/java.nio",
            "java.base/java.text",
            "java.base/java.time",
            "java.base/java.util",
            "java.base/java.util.concurrent",
            "java.base/java.util.concurrent.atomic",
            "java.base/sun.nio.ch",
            "java.base/sun.nio.cs",
            "java.base/sun.security.action",
            "java.base/sun.util.calendar");

    private final String title;

    Contender(String title) {
        this.title = title;
    }

    String title() {
        return title;
    }

    /**
     * Starts the process that does the job from the beginning. Flink and Spark end when they have read what is there.
     *
     * @param run unique for each start
     * @param directory for state and logs
     */
    ChildProcess start(Cluster cluster, String run, Path directory) throws IOException {
        return start(cluster, run, directory, "history");
    }

    /**
     * As {@link #start}, but all continue with new events, and have a new count for each event that changes it, as fast as their
     * commits or checkpoints allow.
     */
    ChildProcess startLive(Cluster cluster, String run, Path directory) throws IOException {
        return start(cluster, run, directory, "live");
    }

    private ChildProcess start(Cluster cluster, String run, Path directory, String reads) throws IOException {
        return switch (this) {
            case KAPPA, KAPPA_REPLAY -> kappa(cluster, run, directory, VIEW);
            case STREAMS -> streams(cluster, run, directory, "defaults");
            case STREAMS_TUNED -> streams(cluster, run, directory, "tuned");
            case FLINK_ROCKSDB ->
                ChildProcess.start(peer("flink", "FlinkPeer", cluster, run, directory, reads, "rocksdb"));
            case FLINK_HEAP ->
                ChildProcess.start(peer("flink", "FlinkPeer", cluster, run, directory, reads, "hashmap"));
            case SPARK -> ChildProcess.start(peer("spark", "SparkPeer", cluster, run, directory, reads));
        };
    }

    boolean isKappa() {
        return this == KAPPA || this == KAPPA_REPLAY;
    }

    /** Where the results are written. */
    String output(String run) {
        return switch (this) {
            case KAPPA -> run + "." + VIEW + ".v1";
            case KAPPA_REPLAY -> run + "." + VIEW + ".v2";
            default -> run;
        };
    }

    /**
     * One instance as the container image has it, or from the build where there is no image. What {@code kappa.within} names
     * starts the image's in limits of its own, by which the image then chooses its heap.
     */
    static ChildProcess kappa(Cluster cluster, String run, Path directory, String view) throws IOException {
        List<String> arguments = List.of(
                "run",
                "--samples",
                "--port",
                String.valueOf(cluster.appPort()),
                "--bootstrap-server",
                cluster.kafka(),
                "--schema-registry",
                cluster.registry(),
                "--state-dir",
                directory.resolve("state").toString());
        var settings = new ArrayList<String>();
        Map.of(
                        "kappa.prefix",
                        run + ".",
                        "kappa.pool.include",
                        view,
                        "kappa.stream-threads",
                        "2",
                        "kappa.topics.create-inputs",
                        "true",
                        "kappa.topics.partitions",
                        String.valueOf(cluster.partitions()))
                .forEach((name, value) -> settings.add("-D" + name + "=" + value));
        settings.addAll(List.of(System.getProperty("kappa.options", "").split(" ", -1)));
        settings.removeIf(String::isEmpty);
        Optional<Path> log = Optional.of(directory.resolve("log"));
        Optional<String> image = Optional.ofNullable(System.getProperty("kappa.image"));
        if (image.isPresent()) {
            Optional<String> within = Optional.ofNullable(System.getProperty("kappa.within"));
            if (within.isEmpty()) {
                settings.addFirst("-Xmx" + HEAP);
            }
            var command = new ArrayList<String>();
            within.ifPresent(program -> command.addAll(List.of(program.split(" ", -1))));
            command.addAll(List.of("env", "KAPPA_JAVA_OPTS=" + String.join(" ", settings)));
            if (view.equals(SeenAds.NAME)) {
                command.add("KAPPA_CLASSPATH="
                        + Path.of(System.getProperty("kappa.home"), "benchmarks", "target", "kappa-benchmarks.jar"));
            }
            command.add(image.get() + "/bin/kappa");
            command.addAll(arguments);
            return ChildProcess.start(NAME, command, log);
        }
        var jvm = new ArrayList<>(JVM);
        // As the image has it.
        jvm.add("-XX:TrimNativeHeapInterval=60000");
        jvm.addAll(settings);
        return ChildProcess.start(
                new Program(NAME, jvm, System.getProperty("java.class.path"), Kappa.class.getName(), arguments, log));
    }

    private ChildProcess streams(Cluster cluster, String run, Path directory, String settings) throws IOException {
        List<String> arguments = arguments(cluster, run, directory, settings);
        return ChildProcess.start(program(title, StreamsPeer.class, arguments, directory.resolve("log")));
    }

    /** A process of the benchmarks' own. */
    static Program program(String name, Class<?> main, List<String> arguments, Path log) {
        return new Program(
                name, JVM, System.getProperty("java.class.path"), main.getName(), arguments, Optional.of(log));
    }

    private Program peer(
            String module, String mainClass, Cluster cluster, String run, Path directory, String... settings) {
        Path target = Path.of(System.getProperty("kappa.home"), "benchmarks", module, "target");
        var jvm = new ArrayList<>(JVM);
        OPENED.forEach(name -> jvm.add("--add-opens=" + name + "=ALL-UNNAMED"));
        return new Program(
                title,
                jvm,
                target.resolve("kappa-benchmarks-" + module + ".jar") + ":" + target.resolve("lib") + "/*",
                "dev.kappa.benchmarks." + module + "." + mainClass,
                arguments(cluster, run, directory, settings),
                Optional.of(directory.resolve("log")));
    }

    private static List<String> arguments(Cluster cluster, String run, Path directory, String... settings) {
        var arguments = new ArrayList<>(List.of(cluster.kafka(), cluster.registry(), run, directory.toString()));
        arguments.addAll(List.of(settings));
        return arguments;
    }
}
