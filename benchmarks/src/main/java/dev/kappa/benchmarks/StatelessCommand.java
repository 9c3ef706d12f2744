package dev.kappa.benchmarks;

import dev.kappa.localdev.process.ChildProcess;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.cluster.TopicPositions;
import dev.kappa.reprocessing.cluster.VersionId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * How fast a view without state is replayed, beside a consumer that reads and decodes the same events and does nothing with them.
 */
@Command(
        name = "stateless",
        description = "Replays a view without state, beside a consumer that only reads and decodes.",
        mixinStandardHelpOptions = true)
final class StatelessCommand implements Callable<Integer> {

    private static final Duration LOOK = Duration.ofMillis(20);
    private static final Duration COMPLETION = Duration.ofSeconds(20);

    @Option(names = "--events", defaultValue = "5000000", description = "Events (default: ${DEFAULT-VALUE}).")
    long events;

    @Option(names = "--runs", defaultValue = "3", description = "Runs of each (default: ${DEFAULT-VALUE}).")
    int runs;

    @Override
    public Integer call() throws Exception {
        var ratios = new ArrayList<Double>();
        try (Cluster cluster = Cluster.start(4);
                Admin admin = Admin.create(cluster.client())) {
            new AdEvents(events, 100).write(cluster);
            var positions = new TopicPositions(new KafkaSettings(cluster.client()), admin);
            Map<TopicPartition, Long> ends = positions.offsets(
                    positions.partitions(List.of(AdEvents.TOPIC)),
                    OffsetSpec.latest(),
                    IsolationLevel.READ_UNCOMMITTED);
            for (int run = 1; run <= runs; run++) {
                Raw raw = raw(cluster, run);
                double kappa = replay(cluster, admin, ends, "stateless-" + run, raw.seen());
                ratios.add(raw.second() / kappa);
                System.out.printf(
                        "Raw consumer %,.0f k/s (first time %,.0f), Kappa, replay %,.0f k/s: %.2f of the raw consumer%n",
                        events / raw.second() / 1e3,
                        events / raw.first() / 1e3,
                        events / kappa / 1e3,
                        raw.second() / kappa);
            }
        }
        System.out.printf(
                "Median %.2f%n",
                ratios.stream().sorted().skip(runs / 2).findFirst().orElseThrow());
        return 0;
    }

    /**
     * The output of the raw consumer.
     *
     * @param first seconds of the first time
     * @param second seconds of the second
     * @param seen how many events the view has
     */
    private record Raw(double first, double second, long seen) {}

    private static Raw raw(Cluster cluster, int run) throws IOException, InterruptedException {
        Path log = cluster.directory().resolve("raw-" + run);
        try (ChildProcess process = ChildProcess.start(Contender.program(
                "raw consumer",
                RawConsumer.class,
                List.of(cluster.kafka(), cluster.registry(), String.valueOf(cluster.partitions())),
                log))) {
            process.await();
            List<String[]> lines = Files.readAllLines(log).stream()
                    .filter(line -> line.matches("[0-9.]+ [0-9]+"))
                    .map(line -> line.split(" ", -1))
                    .toList();
            if (lines.size() != 2) {
                throw new IOException("The raw consumer has failed. " + process.lastWords());
            }
            return new Raw(
                    Double.parseDouble(lines.getFirst()[0]),
                    Double.parseDouble(lines.getLast()[0]),
                    Long.parseLong(lines.getLast()[1]));
        }
    }

    /** Seconds of a replay in an instance that has the version before. */
    private static double replay(
            Cluster cluster, Admin admin, Map<TopicPartition, Long> ends, String run, long expected) throws Exception {
        Path directory = Files.createTempDirectory(cluster.directory(), run);
        var names = new ClusterNames(run + ".");
        try (ChildProcess process = Contender.kappa(cluster, run, directory, SeenAds.NAME)) {
            await(admin, names.applicationId(new VersionId(SeenAds.NAME, 1)), ends, process);
            long begun = System.nanoTime();
            ReplayCommand.operate(cluster, SeenAds.NAME, "replays", "{}");
            var second = new VersionId(SeenAds.NAME, 2);
            await(admin, names.applicationId(second), ends, process);
            double seconds = (System.nanoTime() - begun) / 1e9;
            long written = written(cluster, names.outputTopic(second), expected);
            if (written != expected) {
                throw new IOException("%,d results are there, not %,d".formatted(written, expected));
            }
            return seconds;
        } finally {
            Cluster.delete(directory);
        }
    }

    /** Returns once all is read, and what was made of it is committed with it. */
    private static void await(Admin admin, String group, Map<TopicPartition, Long> ends, ChildProcess process)
            throws Exception {
        while (!isAt(admin, group, ends)) {
            if (!process.isAlive()) {
                throw new IOException("The instance has ended: " + process.lastWords());
            }
            Thread.sleep(LOOK);
        }
    }

    private static boolean isAt(Admin admin, String group, Map<TopicPartition, Long> ends) throws InterruptedException {
        try {
            Map<TopicPartition, OffsetAndMetadata> committed = admin.listConsumerGroupOffsets(group)
                    .partitionsToOffsetAndMetadata()
                    .get();
            return ends.entrySet().stream().allMatch(end -> {
                OffsetAndMetadata at = committed.get(end.getKey());
                return at != null && at.offset() >= end.getValue();
            });
        } catch (ExecutionException notThere) {
            return false;
        }
    }

    /** Results that a reader of committed ones finds; the last transaction may be completed a moment after its offsets are. */
    private static long written(Cluster cluster, String topic, long expected) {
        Map<String, Object> settings = cluster.client();
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        long deadline = System.nanoTime() + COMPLETION.toNanos();
        long written = 0;
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            int more = 1;
            while (more > 0 || (written < expected && System.nanoTime() < deadline)) {
                more = consumer.poll(Duration.ofSeconds(1)).count();
                written += more;
            }
        }
        return written;
    }
}
