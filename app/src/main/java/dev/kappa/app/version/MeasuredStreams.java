package dev.kappa.app.version;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.metrics.KafkaMetric;
import org.apache.kafka.streams.KafkaClientSupplier;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.jspecify.annotations.Nullable;

/**
 * Kafka Streams whose metrics can be read at any time. The gauges of a store ask RocksDB in native code, and Kafka Streams 4.4 does not keep
 * the store open meanwhile: a read of one that is being closed ends the process.
 */
final class MeasuredStreams extends KafkaStreams {

    private final StoreReads reads;

    MeasuredStreams(Topology topology, Properties settings, KafkaClientSupplier clients, StoreReads reads) {
        super(topology, settings, clients);
        this.reads = reads;
    }

    /** All metrics but those that cannot be read safely. A gauge of a store is NaN while stores are being closed. */
    @Override
    public Map<MetricName, ? extends Metric> metrics() {
        return new SafeMetrics(super.metrics(), reads);
    }

    /** A view: there are thousands of metrics, and each meter looks its own up when it is read. */
    static final class SafeMetrics extends AbstractMap<MetricName, Metric> {

        private static final String OF_STORES = "stream-state-metrics";

        /** The size of a transaction buffer. Kafka Streams reads it of a buffer that has been closed, until all of its store is. */
        private static final String UNSAFE = "uncommitted-bytes";

        private final Map<MetricName, ? extends Metric> all;
        private final StoreReads reads;

        SafeMetrics(Map<MetricName, ? extends Metric> all, StoreReads reads) {
            this.all = all;
            this.reads = reads;
        }

        @Override
        public @Nullable Metric get(@Nullable Object name) {
            Metric metric = all.get(name);
            return metric == null || isUnsafe(metric.metricName()) ? null : guarded(metric);
        }

        @Override
        public boolean containsKey(@Nullable Object name) {
            return get(name) != null;
        }

        @Override
        public Set<Entry<MetricName, Metric>> entrySet() {
            return new AbstractSet<>() {
                @Override
                public Iterator<Entry<MetricName, Metric>> iterator() {
                    return all.entrySet().stream()
                            .filter(metric -> !isUnsafe(metric.getKey()))
                            .map(metric -> Map.entry(metric.getKey(), guarded(metric.getValue())))
                            .iterator();
                }

                @Override
                public int size() {
                    return (int) all.keySet().stream()
                            .filter(name -> !isUnsafe(name))
                            .count();
                }
            };
        }

        private static boolean isUnsafe(MetricName name) {
            return name.name().equals(UNSAFE) && name.group().equals(OF_STORES);
        }

        private Metric guarded(Metric metric) {
            boolean isGaugeOfStore = metric.metricName().group().equals(OF_STORES)
                    && metric instanceof KafkaMetric measured
                    && !measured.isMeasurable();
            return isGaugeOfStore ? new GaugeOfStore(metric, reads) : metric;
        }
    }

    private record GaugeOfStore(Metric gauge, StoreReads reads) implements Metric {

        @Override
        public MetricName metricName() {
            return gauge.metricName();
        }

        @Override
        public Object metricValue() {
            Optional<Object> value = reads.readUnlessClosing(gauge::metricValue);
            return value.orElse(Double.NaN);
        }
    }
}
