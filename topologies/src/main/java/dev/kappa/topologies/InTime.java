package dev.kappa.topologies;

import java.time.Duration;
import java.util.Objects;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.jspecify.annotations.Nullable;

/** Lets events through that do not come too late for what stays open for a while after them. */
final class InTime<K, V> implements FixedKeyProcessor<K, V, V> {

    private final String operator;
    private final long open;
    private @Nullable FixedKeyProcessorContext<K, V> context;
    private @Nullable Lateness lateness;

    InTime(String operator, Duration open) {
        this.operator = operator;
        this.open = open.toMillis();
    }

    @Override
    public void init(FixedKeyProcessorContext<K, V> taskContext) {
        this.context = taskContext;
        this.lateness = new Lateness(taskContext.metrics(), operator, taskContext.taskId());
    }

    @Override
    public void process(FixedKeyRecord<K, V> record) {
        Lateness ofTask = Objects.requireNonNull(lateness);
        ofTask.of(record.headers(), record.timestamp());
        if (!ofTask.isTooLateFor(record.timestamp() + open)) {
            Objects.requireNonNull(context).forward(record);
        }
    }

    @Override
    public void close() {
        if (lateness != null) {
            lateness.close();
        }
    }
}
