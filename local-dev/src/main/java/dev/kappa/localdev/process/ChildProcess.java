package dev.kappa.localdev.process;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A JVM that runs a program under {@link Supervised}. Thread-safe. */
public final class ChildProcess implements AutoCloseable {

    /** The program that may write an archive when it ends. Two that end at once, as all do after this process, would damage it. */
    private static final Map<Path, ChildProcess> WRITERS = new HashMap<>();

    private final String name;
    private final Process process;
    private final Optional<Path> log;

    private ChildProcess(String name, Process process, Optional<Path> log) {
        this.name = name;
        this.process = process;
        this.log = log;
    }

    /**
     * The program and its arguments.
     *
     * @param name for messages
     * @param jvmArguments arguments of the JVM
     * @param archive file in which the JVM keeps its loaded classes for the next start
     * @param classPath class path of the program; the JVM gets {@link Supervised} in front of it
     * @param mainClass the program's main class
     * @param arguments the program's arguments
     * @param log file for everything the program prints; absent: it prints where the parent does
     * @param host where it runs
     */
    public record Program(
            String name,
            List<String> jvmArguments,
            Optional<Path> archive,
            String classPath,
            String mainClass,
            List<String> arguments,
            Optional<Path> log,
            Host host) {

        /** A program on loopback that keeps no classes. */
        public Program(
                String name,
                List<String> jvmArguments,
                String classPath,
                String mainClass,
                List<String> arguments,
                Optional<Path> log) {
            this(name, jvmArguments, Optional.empty(), classPath, mainClass, arguments, log, Host.LOOPBACK);
        }
    }

    /**
     * Starts a program.
     *
     * <p>Ctrl-C in a terminal reaches every process of the group at once; the child ignores it, so that the parent can
     * stop its children one after the other.
     */
    public static ChildProcess start(Program program) throws IOException {
        List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", "trap '' INT; exec \"$@\"", "kappa"));
        command.addAll(program.host().entry());
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(program.jvmArguments());
        int end = command.size();
        command.addAll(List.of("-cp", withOwnClasses(program.classPath()), Supervised.class.getName()));
        command.add(program.mainClass());
        command.addAll(program.arguments());
        if (program.archive().isEmpty()) {
            return start(program.name(), command, program.log());
        }
        Path archive = program.archive().get();
        synchronized (WRITERS) {
            ChildProcess writer = WRITERS.get(archive);
            boolean isWriter = writer == null || !writer.isAlive();
            command.addAll(end, Jvm.archive(archive, isWriter));
            ChildProcess started = start(program.name(), command, program.log());
            if (isWriter) {
                WRITERS.put(archive, started);
            }
            return started;
        }
    }

    /**
     * Starts any program. Other than a JVM's it does not end by itself when this process is killed.
     *
     * @param name for messages
     * @param command program and arguments
     * @param log file for everything the program prints; absent: it prints where the parent does
     */
    public static ChildProcess start(String name, List<String> command, Optional<Path> log) throws IOException {
        var builder = new ProcessBuilder(command);
        if (log.isPresent()) {
            Path file = log.get();
            Files.createDirectories(file.toAbsolutePath().getParent());
            if (Files.exists(file)) {
                // The log of the previous run, in case it crashed.
                Files.move(file, file.resolveSibling(file.getFileName() + ".old"), StandardCopyOption.REPLACE_EXISTING);
            }
            builder.redirectErrorStream(true).redirectOutput(file.toFile());
        } else {
            builder.redirectOutput(ProcessBuilder.Redirect.INHERIT).redirectError(ProcessBuilder.Redirect.INHERIT);
        }
        return new ChildProcess(name, builder.start(), log);
    }

    /** Puts own classes first unless they are. A JVM uses an archive of classes only for a class path that begins with the archive's. */
    private static String withOwnClasses(String classPath) {
        String own = ownClasses().toString();
        return (classPath + File.pathSeparator).startsWith(own + File.pathSeparator)
                ? classPath
                : own + File.pathSeparator + classPath;
    }

    private static Path ownClasses() {
        try {
            return Path.of(Supervised.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    public String name() {
        return name;
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Whether the process has ended by itself and says that it has done what it was to do. */
    public boolean exitedWell() {
        return !process.isAlive() && process.exitValue() == 0;
    }

    /** Waits for the process to end by itself. */
    public int await() throws InterruptedException {
        return process.waitFor();
    }

    /** How it is doing, or why it died, as far as its log tells: the last lines, and the log's name. */
    public String lastWords() {
        String status = isAlive() ? name + " is still running" : name + " ended with status " + process.exitValue();
        if (log.isEmpty()) {
            return status;
        }
        try {
            List<String> lines = new String(Files.readAllBytes(log.get()), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            String last =
                    String.join(System.lineSeparator(), lines.subList(Math.max(0, lines.size() - 12), lines.size()));
            String hint = lines.stream().anyMatch(line -> line.contains("No space left on device"))
                    ? " because the disk is full"
                    : "";
            return status + hint + ". End of " + log.get() + ":" + System.lineSeparator() + last;
        } catch (IOException e) {
            return status + "; its log " + log.get() + " cannot be read: " + e;
        }
    }

    /** Kills the process at once, as a crash would. */
    public void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    /** Asks the process to stop, and insists after a time. */
    public void stop(Duration patience) {
        process.destroy();
        try {
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                kill();
            }
        } catch (InterruptedException e) {
            kill();
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stop(Duration.ofSeconds(30));
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
