package dev.kappa.app.version;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.streams.KafkaStreams;
import org.jspecify.annotations.Nullable;

/**
 * Values that Kafka Streams measures for a version, summed over its threads, tasks and stores. There are thousands of metrics, and
 * reports ask many times a second, so all values are read in one pass and kept for half a second. Thread-safe.
 */
final class StreamsMetricValues {

    private static final Duration KEPT = Duration.ofMillis(500);

    private static final String LATE = "late-records-total";
    private static final String LAG = "records-lag";
    private static final Set<String> SUMMED = Set.of("not-finite-records-total");

    /** Gauges that ask each RocksDB store when they are read; not read with the others. */
    private static final Set<String> STATE_BYTES = Set.of("total-sst-files-size", "size-all-mem-tables");

    private static final String CONSUMED = "records-consumed-total";
    private static final String PRODUCED = "records-produced-total";
    private static final String ENTRIES = "estimate-num-keys";

    /** Group of the metrics of source and sink nodes; consumers have metrics of the same names. */
    private static final String OF_TOPICS = "stream-topic-metrics";

    /** The tag with the name of a store ends so; its beginning tells the kind of store. */
    private static final String STORE_TAG = "state-id";

    private record Values(
            Map<String, Double> sums,
            Map<String, Long> late,
            Map<String, Double> lags,
            Map<String, Long> produced,
            long readAtNanos) {}

    private final KafkaStreams streams;
    private @Nullable Values kept;

    StreamsMetricValues(KafkaStreams streams) {
        this.streams = streams;
    }

    /** The sum of a metric, one of those that are summed; zero where nothing has been measured. */
    long sum(String name) {
        if (!SUMMED.contains(name)) {
            throw new IllegalArgumentException("Metric " + name + " is not read");
        }
        return values().sums().getOrDefault(name, 0.0).longValue();
    }

    /** Size of the local state on disk and in write buffers. */
    double stateBytes() {
        return streams.metrics().entrySet().stream()
                .filter(metric -> STATE_BYTES.contains(metric.getKey().name()))
                .map(metric -> metric.getValue().metricValue())
                .filter(Number.class::isInstance)
                .mapToDouble(value -> ((Number) value).doubleValue())
                .filter(value -> !Double.isNaN(value))
                .sum();
    }

    /** Records of topics that have not been fetched yet; empty while no partition of theirs is assigned. */
    Optional<Long> lag(Set<String> topics) {
        return values().lags().entrySet().stream()
                .filter(lag -> topics.contains(lag.getKey()))
                .map(lag -> lag.getValue().longValue())
                .reduce(Long::sum);
    }

    /** Late records by operator. */
    Map<String, Long> late() {
        return values().late();
    }

    /** Records written to a topic by the tasks that are here; starts over when tasks move. */
    long produced(String topic) {
        return values().produced().getOrDefault(topic, 0L);
    }

    /** The figures of each topic, operator and store. Reads all metrics, and asks RocksDB for some. */
    NodeFigures figures() {
        var consumed = new HashMap<String, Long>();
        var produced = new HashMap<String, Long>();
        var lags = new HashMap<String, Long>();
        var late = new HashMap<String, Long>();
        var entries = new HashMap<String, Long>();
        var bytes = new HashMap<String, Long>();
        for (Map.Entry<MetricName, ? extends Metric> metric : streams.metrics().entrySet()) {
            MetricName name = metric.getKey();
            Map<String, String> tags = name.tags();
            boolean isOfTopic = name.group().equals(OF_TOPICS);
            switch (name.name()) {
                case CONSUMED -> add(isOfTopic, consumed, tags.get("topic"), metric.getValue());
                case PRODUCED -> add(isOfTopic, produced, tags.get("topic"), metric.getValue());
                case LAG -> add(true, lags, tags.get("topic"), metric.getValue());
                case LATE -> add(true, late, operator(tags.getOrDefault("operator-id", "")), metric.getValue());
                case ENTRIES -> add(true, entries, store(tags), metric.getValue());
                default -> add(STATE_BYTES.contains(name.name()), bytes, store(tags), metric.getValue());
            }
        }
        return new NodeFigures(consumed, produced, lags, late, entries, bytes);
    }

    private static void add(boolean isWanted, Map<String, Long> sums, @Nullable String key, Metric metric) {
        if (isWanted
                && key != null
                && metric.metricValue() instanceof Number number
                && !Double.isNaN(number.doubleValue())) {
            sums.merge(key, number.longValue(), Long::sum);
        }
    }

    private static @Nullable String store(Map<String, String> tags) {
        return tags.entrySet().stream()
                .filter(tag -> tag.getKey().endsWith(STORE_TAG))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }

    private synchronized Values values() {
        long now = System.nanoTime();
        if (kept == null || now - kept.readAtNanos() > KEPT.toNanos()) {
            kept = read(now);
        }
        return kept;
    }

    private Values read(long now) {
        var sums = new HashMap<String, Double>();
        var lags = new HashMap<String, Double>();
        var late = new TreeMap<String, Long>();
        var produced = new HashMap<String, Long>();
        for (Map.Entry<MetricName, ? extends Metric> metric : streams.metrics().entrySet()) {
            String name = metric.getKey().name();
            boolean isLag = name.equals(LAG);
            boolean isLate = name.equals(LATE);
            boolean isProduced =
                    name.equals(PRODUCED) && metric.getKey().group().equals(OF_TOPICS);
            if ((isLag || isLate || isProduced || SUMMED.contains(name))
                    && metric.getValue().metricValue() instanceof Number number
                    && !Double.isNaN(number.doubleValue())) {
                Map<String, String> tags = metric.getKey().tags();
                if (isLag) {
                    lags.merge(tags.getOrDefault("topic", ""), number.doubleValue(), Double::sum);
                } else if (isLate) {
                    late.merge(operator(tags.getOrDefault("operator-id", "")), number.longValue(), Long::sum);
                } else if (isProduced) {
                    produced.merge(tags.getOrDefault("topic", ""), number.longValue(), Long::sum);
                } else {
                    sums.merge(name, number.doubleValue(), Double::sum);
                }
            }
        }
        return new Values(sums, late, lags, produced, now);
    }

    /** The task's id comes last. */
    private static String operator(String operatorAndTask) {
        int dash = operatorAndTask.lastIndexOf('-');
        return dash < 0 ? operatorAndTask : operatorAndTask.substring(0, dash);
    }
}
