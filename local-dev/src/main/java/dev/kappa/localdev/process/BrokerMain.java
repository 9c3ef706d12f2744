package dev.kappa.localdev.process;

import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import kafka.Kafka;
import kafka.tools.StorageTool;
import org.apache.kafka.common.Uuid;

/** Runs inside the broker's process: formats the log directory the first time, then starts Kafka's own server. */
public final class BrokerMain {

    private BrokerMain() {}

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
            // With eligible leader replicas (KIP-966), the only replica of a partition leaves its in-sync set after a
            // crash, and may be without a leader until the next round of unclean elections, five minutes later. There
            // is no other to elect.
            String[] format = {
                "format",
                "--config",
                args[0],
                "--cluster-id",
                Uuid.randomUuid().toString(),
                "--feature",
                "eligible.leader.replicas.version=0"
            };
            int status = StorageTool.execute(format, System.out);
            if (status != 0) {
                System.exit(status);
            }
        }
        Kafka.main(args);
    }
}
