package dev.kappa.benchmarks;

import dev.kappa.localdev.process.ChildProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures the memory of an instance that runs more and more versions. */
@Command(
        name = "memory",
        description = "Memory of an instance that runs many versions.",
        mixinStandardHelpOptions = true)
final class MemoryCommand implements Callable<Integer> {

    @Option(names = "--versions", defaultValue = "10", description = "Versions (default: ${DEFAULT-VALUE}).")
    int versions;

    @Option(names = "--events", defaultValue = "4000000", description = "Events (default: ${DEFAULT-VALUE}).")
    long events;

    @Option(
            names = "--campaigns",
            defaultValue = "10000",
            description = "Campaigns, of which more make more keys (default: ${DEFAULT-VALUE}).")
    int campaigns;

    @Override
    public Integer call() throws Exception {
        String run = "memory";
        try (Cluster cluster = Cluster.start(4)) {
            Map<String, Long> expected = new AdEvents(events, campaigns).write(cluster);
            long views = expected.values().stream().mapToLong(Long::longValue).sum();
            Path directory = cluster.directory().resolve("instance");
            Files.createDirectories(directory);
            try (ChildProcess process = Contender.KAPPA.start(cluster, run, directory)) {
                for (int version = 1; version <= versions; version++) {
                    if (version > 1) {
                        ReplayCommand.startReplay(cluster);
                    }
                    try (var results = new Results(cluster, run + ".campaign-views.v" + version, true)) {
                        results.await(views, process::isAlive);
                        if (!results.counts().equals(expected)) {
                            System.out.println("Results are not right. " + process.lastWords());
                            return 1;
                        }
                    }
                    if (version > 1) {
                        // The one before is kept fed, as what can be switched back to is.
                        ReplayCommand.operate(
                                cluster, Contender.VIEW, "switch", "{\"version\":" + version + ",\"force\":true}");
                    }
                    System.out.printf(
                            "%2d versions, %,d keys each: %,d MB at most%n",
                            version,
                            expected.size(),
                            ProcessUsage.of(process.pid()).peakBytes() >> 20);
                }
            }
        }
        return 0;
    }
}
