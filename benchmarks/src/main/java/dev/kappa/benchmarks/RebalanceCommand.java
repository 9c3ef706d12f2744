package dev.kappa.benchmarks;

import dev.kappa.localdev.process.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Compares the classic group protocol with the streams protocol (KIP-1071) by plain Kafka Streams: while events come at a steady rate, a
 * second instance joins, leaves, joins again and is killed. The figure is the longest time for which the count of any campaign stood still,
 * as a reader of committed results sees it.
 */
@Command(
        name = "rebalance",
        description = "Rebalances of plain Kafka Streams with the classic and with the streams group protocol.",
        mixinStandardHelpOptions = true)
final class RebalanceCommand implements Callable<Integer> {

    private static final int CAMPAIGNS = 50;
    private static final int ADS = CAMPAIGNS * 10;

    /** Settings of {@link StreamsPeer}. */
    private static final List<String> PROTOCOLS = List.of("defaults", "streams-protocol");

    @Option(names = "--rate", defaultValue = "500", description = "Events per second (default: ${DEFAULT-VALUE}).")
    int rate;

    @Option(names = "--runs", defaultValue = "3", description = "Runs of each (default: ${DEFAULT-VALUE}).")
    int runs;

    @Option(
            names = "--seconds",
            defaultValue = "20",
            description =
                    "How long each change is watched; longer, until every count grows again (default: ${DEFAULT-VALUE}).")
    int seconds;

    /** When the count of each campaign last grew, and the longest that one stood still. */
    private static final class Standstill {
        private final Map<String, Long> last = new HashMap<>();
        private long longest;

        void grew(String result, long at) {
            String campaign = result.substring(0, result.indexOf('@'));
            Long before = last.put(campaign, at);
            if (before != null) {
                longest = Math.max(longest, at - before);
            }
        }

        /** Whether a count has stood still for seconds, and still does. */
        boolean isOpen() {
            long now = System.nanoTime();
            return last.values().stream()
                    .anyMatch(at -> now - at > Duration.ofSeconds(2).toNanos());
        }

        /** The longest, in seconds; begins anew. */
        double longest() {
            double seconds = longest / 1e9;
            longest = 0;
            return seconds;
        }
    }

    @Override
    public Integer call() throws Exception {
        System.out.println("| protocol | steady | joins | leaves | joins again | is killed |");
        System.out.println("|---|---|---|---|---|---|");
        for (int run = 0; run < runs; run++) {
            for (String protocol : PROTOCOLS) {
                try (Cluster cluster = Cluster.start(4)) {
                    new AdEvents(0, CAMPAIGNS).write(cluster);
                    measure(cluster, protocol);
                }
            }
        }
        return 0;
    }

    private void measure(Cluster cluster, String protocol) throws Exception {
        String run = "rebalance";
        var standstill = new Standstill();
        try (var results = Results.of(cluster, Contender.STREAMS, run);
                ChildProcess _ = start(cluster, run, protocol, "first")) {
            results.onCount((result, _, at) -> standstill.grew(result, at));
            Thread feeder = LiveAds.feed(cluster, rate, ADS);
            try {
                while (results.total() == 0) {
                    results.await(Long.MAX_VALUE, during(1));
                }
                watched(results, standstill);
                double steady = watched(results, standstill);
                double joins;
                try (ChildProcess _ = start(cluster, run, protocol, "second")) {
                    joins = watched(results, standstill);
                }
                double leaves = watched(results, standstill);
                ChildProcess third = start(cluster, run, protocol, "third");
                double joinsAgain = watched(results, standstill);
                third.kill();
                double killed = watched(results, standstill);
                System.out.printf(
                        "| %s | %.1f s | %.1f s | %.1f s | %.1f s | %.1f s |%n",
                        protocol.equals("defaults") ? "classic" : "streams", steady, joins, leaves, joinsAgain, killed);
            } finally {
                feeder.interrupt();
                feeder.join();
            }
        }
    }

    /** The longest that a count stood still from now on. */
    private double watched(Results results, Standstill standstill) {
        BooleanSupplier isShort = during(seconds);
        results.await(Long.MAX_VALUE, () -> isShort.getAsBoolean() || standstill.isOpen());
        return standstill.longest();
    }

    private static ChildProcess start(Cluster cluster, String run, String protocol, String name) throws IOException {
        Path directory = Files.createDirectories(cluster.directory().resolve(name));
        return ChildProcess.start(Contender.program(
                "Kafka Streams",
                StreamsPeer.class,
                List.of(cluster.kafka(), cluster.registry(), run, directory.toString(), protocol),
                directory.resolve("log")));
    }

    private static BooleanSupplier during(int seconds) {
        long until = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
        return () -> System.nanoTime() < until;
    }
}
