package dev.kappa.app.version;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.metrics.Gauge;
import org.apache.kafka.common.metrics.Measurable;
import org.apache.kafka.common.metrics.Metrics;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.rocksdb.Options;

class MeasuredStreamsTest {

    private static final String OF_STORES = "stream-state-metrics";

    private final Metrics registry = new Metrics();
    private final StoreReads reads = new StoreReads();
    private final Options options = new Options();
    private final AtomicInteger asked = new AtomicInteger();
    private final MetricName keys = gauge("estimate-num-keys", OF_STORES);
    private final MetricName uncommitted = gauge("uncommitted-bytes", OF_STORES);
    private final MetricName threads = gauge("alive-stream-threads", "stream-metrics");
    private final MetricName rate = registry.metricName("put-rate", OF_STORES);
    private final Map<MetricName, ? extends Metric> metrics =
            new MeasuredStreams.SafeMetrics(registry.metrics(), reads);

    private MetricName gauge(String name, String group) {
        MetricName metric = registry.metricName(name, group);
        registry.addMetric(metric, (Gauge<Integer>) (_, _) -> asked.incrementAndGet());
        return metric;
    }

    @AfterEach
    void close() {
        registry.close();
        options.close();
    }

    @Test
    void gaugesOfStoresAreNotReadWhileOneIsClosed() {
        registry.addMetric(rate, (Measurable) (_, _) -> 7);
        assertThat(value(keys)).isEqualTo(1);
        reads.awaitReads(options);
        assertThat(value(keys)).isEqualTo(Double.NaN);
        metrics.forEach((_, metric) -> metric.metricValue());
        assertThat(value(threads)).as("the gauge that is not of a store").isEqualTo(3);
        assertThat(value(rate)).isEqualTo(7.0);
        options.close();
        assertThat(value(keys)).isEqualTo(4);
    }

    @Test
    void sizeOfTransactionBuffersIsNotThere() {
        assertThat(metrics).hasSize(registry.metrics().size() - 1).doesNotContainKey(uncommitted);
        metrics.forEach((name, metric) -> {
            assertThat(name).isNotEqualTo(uncommitted);
            metric.metricValue();
        });
        assertThat(asked).hasValue(2);
    }

    private Object value(MetricName name) {
        return requireNonNull(metrics.get(name)).metricValue();
    }
}
