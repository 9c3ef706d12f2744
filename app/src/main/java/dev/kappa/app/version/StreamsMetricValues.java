package dev.kappa.app.version;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.DoubleStream;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.streams.KafkaStreams;

/** Values that Kafka Streams measures for a version, summed over its threads, tasks and stores. Thread-safe. */
final class StreamsMetricValues {

    private final KafkaStreams streams;

    StreamsMetricValues(KafkaStreams streams) {
        this.streams = streams;
    }

    /** The sum of a metric; zero where nothing has been measured. */
    long sum(String name) {
        return (long) values(name, _ -> true).sum();
    }

    /** Records of topics that have not been fetched yet; empty while no partition of theirs is assigned. */
    Optional<Long> lag(Set<String> topics) {
        double[] lags = values(
                        "records-lag", metric -> topics.contains(metric.tags().getOrDefault("topic", "")))
                .toArray();
        return lags.length == 0
                ? Optional.empty()
                : Optional.of((long) DoubleStream.of(lags).sum());
    }

    /** Late records by operator. */
    Map<String, Long> late() {
        var late = new TreeMap<String, Long>();
        streams.metrics().values().stream()
                .filter(metric -> metric.metricName().name().equals("late-records-total"))
                .forEach(metric -> late.merge(
                        operator(metric.metricName().tags().getOrDefault("operator-id", "")),
                        ((Number) metric.metricValue()).longValue(),
                        Long::sum));
        return late;
    }

    /** The task's id comes last. */
    private static String operator(String operatorAndTask) {
        int dash = operatorAndTask.lastIndexOf('-');
        return dash < 0 ? operatorAndTask : operatorAndTask.substring(0, dash);
    }

    private DoubleStream values(String name, Predicate<MetricName> filter) {
        return streams.metrics().values().stream()
                .filter(metric -> metric.metricName().name().equals(name) && filter.test(metric.metricName()))
                .map(Metric::metricValue)
                .filter(Number.class::isInstance)
                .mapToDouble(value -> ((Number) value).doubleValue())
                .filter(value -> !Double.isNaN(value));
    }
}
