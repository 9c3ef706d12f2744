package dev.kappa.localdev.process;

import dev.kappa.reprocessing.command.Kappa;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An instance of the app on loopback, in a process of its own. */
public final class LocalApp {

    /** A large state takes its time to restore. */
    private static final Duration START_TIMEOUT = Duration.ofHours(1);

    private LocalApp() {}

    /**
     * Starts an instance that runs the sample views too and creates missing inputs, without waiting for it.
     *
     * @param layout where things are
     * @param port HTTP port
     * @param kafka the broker's address
     * @param registry the registry's address
     * @param parameters parameters of the views' first versions, as {@code view.parameter}
     * @param log file for its log; absent: it logs where this process does
     * @param jvmArguments further arguments of its JVM
     */
    public static ChildProcess start(
            Layout layout,
            int port,
            String kafka,
            String registry,
            Map<String, String> parameters,
            Optional<Path> log,
            String... jvmArguments)
            throws IOException {
        var arguments = new ArrayList<>(List.of(
                "run",
                "--samples",
                "--port",
                String.valueOf(port),
                "--bootstrap-server",
                kafka,
                "--schema-registry",
                registry,
                "--state-dir",
                layout.data().resolve("state").toString()));
        parameters.forEach((name, value) -> arguments.addAll(List.of("--set", name + "=" + value)));
        return start(layout, arguments, log, jvmArguments);
    }

    /**
     * Starts an instance that creates missing inputs, without waiting for it.
     *
     * @param layout where things are
     * @param arguments {@code run} and its options
     * @param log file for its log; absent: it logs where this process does
     * @param jvmArguments further arguments of its JVM
     */
    public static ChildProcess start(Layout layout, List<String> arguments, Optional<Path> log, String... jvmArguments)
            throws IOException {
        return ChildProcess.start(new ChildProcess.Program(
                "The app",
                Jvm.arguments("1g", withOwn(layout.host(), jvmArguments)),
                Optional.of(layout.archive("app")),
                layout.classPath(),
                Kappa.class.getName(),
                arguments,
                log,
                layout.host()));
    }

    private static String[] withOwn(Host host, String... jvmArguments) {
        var own = new ArrayList<>(List.of("-Dkappa.topics.create-inputs=true"));
        if (!host.address().equals(Host.LOOPBACK.address())) {
            own.add("-Dmicronaut.server.host=" + host.address());
        }
        own.addAll(List.of(jvmArguments));
        return own.toArray(String[]::new);
    }

    /** The same for an instance on loopback. */
    public static void await(ChildProcess app, int port, ChildProcess... needed) throws InterruptedException {
        await(app, Host.LOOPBACK, port, needed);
    }

    /** Returns when the instance is ready to answer queries; fails when it or a process it needs dies first. */
    public static void await(ChildProcess app, Host host, int port, ChildProcess... needed)
            throws InterruptedException {
        URI readiness = URI.create("http://" + host.address() + ":" + port + "/health/readiness");
        try (var http = HttpClient.newHttpClient()) {
            Wait.until(app, List.of(needed), START_TIMEOUT, () -> Wait.answers(http, readiness));
        }
    }
}
