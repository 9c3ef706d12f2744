package dev.kappa.app.alignment;

import dev.kappa.app.alignment.PartitionAligner.Backlog;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;

/** The Kafka clients of one version, whose main consumers hold back what must wait. */
public final class AlignedClients extends BoundedClients {

    private static final Duration MIN_COMMIT_INTERVAL = Duration.ofMillis(10);

    /** Commits take one of so many parts of the time. */
    private static final int COMMITS_SHARE = 4;

    /** Where that is too seldom, they take no more than one of so many. */
    private static final int MAX_COMMITS_SHARE = 2;

    private final Alignment alignment;
    private final Supplier<Set<AlignedInput>> inputs;
    private final Duration latestCommit;
    private final Runnable news;
    private final CommittedOffsets committed = new CommittedOffsets();
    private final Map<AlignedConsumer, Backlog> backlogs = new ConcurrentHashMap<>();
    private volatile boolean replay;

    /**
     * Makes nothing yet.
     *
     * @param commits of the version's stream threads
     * @param missing decides where partitions are read that have no usable offset
     * @param partitions how many partitions of each input topic are read
     * @param tables of the version's joins
     * @param pause how long no input is to be read
     * @param maxRecordBytes the most bytes that the value of a record may have; of a larger one it is left out
     * @param inputs makes the version's, for one consumer
     * @param latestCommit most time between commits of a version that keeps up; zero where Kafka Streams alone commits
     * @param news told on a stream thread when others should hear where partitions stand; must return at once
     */
    public AlignedClients(
            StoreCommits commits,
            MissingOffsets missing,
            Map<String, Integer> partitions,
            JoinedTables tables,
            Supplier<Duration> pause,
            int maxRecordBytes,
            Alignment alignment,
            Supplier<Set<AlignedInput>> inputs,
            Duration latestCommit,
            Runnable news) {
        super(commits, missing, partitions, tables, pause, maxRecordBytes);
        this.alignment = alignment;
        this.inputs = inputs;
        this.latestCommit = latestCommit;
        this.news = news;
    }

    /** Whether what is read is a replay's history: then a partition that has ended holds nobody. */
    public void replay(boolean underWay) {
        replay = underWay;
    }

    /** Whether much is left to read, and nobody waits for commits to read on. */
    public boolean isBehind() {
        return backlogs.containsValue(Backlog.MUCH) && !backlogs.containsValue(Backlog.WAITING);
    }

    /**
     * How soon after the beginning of a commit the next one may begin: so that commits take a small part of the time, however slow
     * the broker is just now, and no later than was asked for where they then leave time for anything else. Zero where Kafka Streams
     * alone commits.
     */
    public Duration commitInterval() {
        if (latestCommit.isZero()) {
            return Duration.ZERO;
        }
        long took = committed.took().toNanos();
        long wanted = Math.min(latestCommit.toNanos(), Math.max(MIN_COMMIT_INTERVAL.toNanos(), took * COMMITS_SHARE));
        return Duration.ofNanos(Math.max(wanted, took * MAX_COMMITS_SHARE));
    }

    /** The decisions. */
    public Alignment alignment() {
        return alignment;
    }

    @Override
    public Producer<byte[], byte[]> getProducer(Map<String, Object> config) {
        return committed.watching(super.getProducer(config));
    }

    @Override
    public Consumer<byte[], byte[]> getConsumer(Map<String, Object> config) {
        return new AlignedConsumer(
                mainConsumer(config),
                alignment,
                inputs.get(),
                committed,
                () -> replay,
                this::commitInterval,
                news,
                backlogs);
    }
}
