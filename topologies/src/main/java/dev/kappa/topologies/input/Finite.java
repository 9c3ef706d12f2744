package dev.kappa.topologies.input;

import java.util.Objects;
import java.util.function.ToDoubleFunction;
import org.apache.kafka.common.metrics.Sensor;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.jspecify.annotations.Nullable;

/** Lets events through whose number is finite, and counts the others. */
public final class Finite<K, V> extends ContextualFixedKeyProcessor<K, V, V> {

    private final String operator;
    private final ToDoubleFunction<V> number;
    private @Nullable Sensor leftOut;

    public Finite(String operator, ToDoubleFunction<V> number) {
        this.operator = operator;
        this.number = number;
    }

    @Override
    public void init(FixedKeyProcessorContext<K, V> context) {
        super.init(context);
        // The fleet's metrics are read under this name, as those of late records are.
        leftOut = context.metrics()
                .addRateTotalSensor(
                        "operator",
                        operator + "-" + context.taskId(),
                        "not-finite-records",
                        Sensor.RecordingLevel.INFO);
    }

    @Override
    public void process(FixedKeyRecord<K, V> record) {
        if (Double.isFinite(number.applyAsDouble(record.value()))) {
            context().forward(record);
        } else {
            Objects.requireNonNull(leftOut).record();
        }
    }

    @Override
    public void close() {
        if (leftOut != null) {
            context().metrics().removeSensor(leftOut);
        }
    }
}
