package dev.kappa.app.version;

import java.util.List;
import org.apache.kafka.streams.KafkaStreams;

/** The topology, the tasks and the stores of a version on this instance, with their figures. Thread-safe. */
public final class VersionActivity {

    private final KafkaStreams streams;
    private final StreamsMetricValues values;
    private final RestoredRecords restored;
    private final String outputTopic;
    private final ViewGraph graph;

    VersionActivity(
            KafkaStreams streams,
            StreamsMetricValues values,
            RestoredRecords restored,
            String outputTopic,
            ViewGraph graph) {
        this.streams = streams;
        this.values = values;
        this.restored = restored;
        this.outputTopic = outputTopic;
        this.graph = graph;
    }

    /** The topology, as people think of it. */
    public ViewGraph graph() {
        return graph;
    }

    /** The figures of the parts of the topology. Asks RocksDB, and so takes milliseconds. */
    public NodeFigures figures() {
        return values.figures();
    }

    /** The tasks that are here. */
    public List<LocalTask> tasks() {
        return LocalTask.of(streams.metadataForLocalThreads());
    }

    /** Results written by the tasks that are here; starts over when tasks move. */
    public long written() {
        return values.produced(outputTopic);
    }

    /** Size of the local state, in bytes. */
    public double stateBytes() {
        return values.stateBytes();
    }

    /** Records read from changelogs, to restore or copy stores, since this instance started. */
    long restored() {
        return restored.count();
    }

    /** Records of changelogs that stores here are still to restore before their tasks process anything. */
    public long toRestore() {
        return restored.left();
    }
}
