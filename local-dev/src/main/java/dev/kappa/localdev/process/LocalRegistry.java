package dev.kappa.localdev.process;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** An Apicurio registry on loopback, in a process of its own, that keeps its schemas in a file. */
public final class LocalRegistry {

    private LocalRegistry() {}

    /** Starts a registry, without waiting for it. */
    public static ChildProcess start(Layout layout, int port) throws IOException {
        Path directory = layout.data().resolve("registry");
        Files.createDirectories(directory);
        // Without WRITE_DELAY=0 a crash loses schemas registered in the last second, whose ids are in topics already.
        String database = "jdbc:h2:file:" + directory.toAbsolutePath().resolve("registry") + ";WRITE_DELAY=0";
        return ChildProcess.start(new ChildProcess.Program(
                "The schema registry",
                Jvm.arguments(
                        "384m",
                        "-XX:TieredStopAtLevel=1",
                        // JBoss Threads, which it uses, asks for this on Java 24 and later.
                        "--add-opens=java.base/java.lang=ALL-UNNAMED",
                        "-Dquarkus.http.host=" + layout.host().address(),
                        "-Dquarkus.http.port=" + port,
                        // Its own health and metrics, on a fixed port of all addresses if not told otherwise.
                        "-Dquarkus.management.host=127.0.0.1",
                        "-Dquarkus.management.port=0",
                        "-Dquarkus.http.access-log.enabled=false",
                        "-Dquarkus.log.level=WARN",
                        "-Dapicurio.storage.kind=sql",
                        "-Dapicurio.storage.sql.kind=h2",
                        "-Dapicurio.datasource.url=" + database),
                Optional.of(layout.archive("registry")),
                layout.registry().resolve("quarkus-run.jar").toString(),
                "io.quarkus.bootstrap.runner.QuarkusEntryPoint",
                List.of(),
                Optional.of(layout.logs().resolve("registry.log")),
                layout.host()));
    }

    /** Returns when a registry on loopback answers; fails when it or one of the others ends first. */
    public static void await(ChildProcess registry, int port, ChildProcess... others) throws InterruptedException {
        await(registry, Host.LOOPBACK, port, others);
    }

    /** The same for a registry on any host. */
    public static void await(ChildProcess registry, Host host, int port, ChildProcess... others)
            throws InterruptedException {
        URI subjects = URI.create("http://" + host.address() + ":" + port + "/apis/ccompat/v7/subjects");
        try (var http = HttpClient.newHttpClient()) {
            Wait.until(registry, List.of(others), Wait.START_TIMEOUT, () -> Wait.answers(http, subjects));
        }
    }
}
