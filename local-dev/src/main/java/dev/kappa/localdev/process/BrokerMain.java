package dev.kappa.localdev.process;

import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import kafka.Kafka;
import kafka.tools.StorageTool;

/** Runs inside the broker's process: formats the log directory the first time, then starts Kafka's own server. */
public final class BrokerMain {

    private BrokerMain() {}

    /**
     * Entry point.
     *
     * @param args the broker's properties file, the id of its cluster, then the features that a new directory is formatted with, as {@code
     *     NAME=LEVEL}
     */
    public static void main(String[] args) throws Exception {
        var config = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of(args[0]))) {
            config.load(reader);
        }
        if (!Files.exists(Path.of(config.getProperty("log.dirs"), "meta.properties"))) {
            var format = new ArrayList<>(List.of("format", "--config", args[0], "--cluster-id", args[1]));
            Arrays.stream(args).skip(2).forEach(feature -> format.addAll(List.of("--feature", feature)));
            int status = StorageTool.execute(format.toArray(String[]::new), System.out);
            if (status != 0) {
                System.exit(status);
            }
        }
        Kafka.main(new String[] {args[0]});
    }
}
