package dev.kappa.recipes;

import dev.kappa.localdev.process.ChildProcess;
import dev.kappa.localdev.process.Ports;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A standalone worker of Kafka Connect in a process of its own, with connectors that the documentation describes. */
final class ConnectWorker {

    private ConnectWorker() {}

    /**
     * Starts a worker.
     *
     * @param home the checkout
     * @param connectors configurations of connectors, as properties
     */
    static ChildProcess start(Path home, Path directory, String kafka, List<String> connectors) throws IOException {
        Files.createDirectories(directory);
        Path worker = Files.writeString(directory.resolve("worker.properties"), """
                bootstrap.servers=%s
                listeners=http://127.0.0.1:%d
                offset.storage.file.filename=%s
                offset.flush.interval.ms=500
                plugin.discovery=only_scan
                key.converter=org.apache.kafka.connect.json.JsonConverter
                value.converter=org.apache.kafka.connect.json.JsonConverter
                """.formatted(
                        kafka, Ports.free(), directory.resolve("offsets")));
        var arguments = new ArrayList<>(List.of(worker.toString()));
        for (int i = 0; i < connectors.size(); i++) {
            arguments.add(Files.writeString(directory.resolve("connector-" + i + ".properties"), connectors.get(i))
                    .toString());
        }
        Path libraries = home.resolve("local-dev/recipes/connect/target/lib");
        return ChildProcess.start(new ChildProcess.Program(
                "Kafka Connect",
                List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
                libraries + "/*" + File.pathSeparator + System.getProperty("java.class.path"),
                "org.apache.kafka.connect.cli.ConnectStandalone",
                arguments,
                Optional.of(directory.resolve("log"))));
    }
}
