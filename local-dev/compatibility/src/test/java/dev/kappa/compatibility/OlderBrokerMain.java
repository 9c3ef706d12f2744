package dev.kappa.compatibility;

import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import kafka.Kafka;
import kafka.tools.StorageTool;
import org.apache.kafka.common.Uuid;

/** Runs inside the broker's process: formats the log directory as a new cluster of that release has it, then starts the server. */
public final class OlderBrokerMain {

    private OlderBrokerMain() {}

    /**
     * Entry point.
     *
     * @param args the broker's properties file
     */
    public static void main(String[] args) throws Exception {
        var config = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of(args[0]))) {
            config.load(reader);
        }
        if (!Files.exists(Path.of(config.getProperty("log.dirs"), "meta.properties"))) {
            String[] format = {
                "format", "--config", args[0], "--cluster-id", Uuid.randomUuid().toString()
            };
            int status = StorageTool.execute(format, System.out);
            if (status != 0) {
                System.exit(status);
            }
        }
        Kafka.main(args);
    }
}
